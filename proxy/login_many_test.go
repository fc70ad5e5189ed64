package proxy_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/proxy/proxytest"
)

// ntlmOrigin remembers, for each connection, who logged in on it, as origins with
// NTLM do. A login is one of the connection that its challenge was sent on.
func ntlmOrigin(secure *tls.Config) func(*proxytest.Conn) {
	var conns atomic.Int64
	return func(c *proxytest.Conn) {
		c.Quiet()
		if secure != nil {
			c.StartServerTLS(secure)
		}
		nonce, user := fmt.Sprintf("T2.%d.", conns.Add(1)), ""
		for {
			head, ok := c.NextHead()
			if !ok {
				return
			}
			if strings.HasPrefix(head, "POST ") {
				c.ExpectN(2)
			}
			login := ""
			if _, rest, found := strings.Cut(head, "\r\nAuthorization: NTLM "); found {
				login, _, _ = strings.Cut(rest, "\r\n")
			}
			ask := ""
			switch name, mine := strings.CutPrefix(login, nonce); {
			case login == "T1":
				user, ask = "", "NTLM "+nonce
			case mine:
				user = name
			case login != "" || user == "":
				user, ask = "", "NTLM"
			}
			if ask != "" {
				c.Send("HTTP/1.1 401 x\r\nWWW-Authenticate: " + ask + "\r\nContent-Length: 0\r\n\r\n")
			} else {
				c.Send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(user), user))
			}
		}
	}
}

// asker is a client that many run beside each other.
type asker struct {
	conn net.Conn
	r    *bufio.Reader
	base string // of targets
}

func (a *asker) ask(method, login string) (status int, body, challenge string, err error) {
	fields := "Host: a.example\r\n"
	if login != "" {
		fields += "Authorization: NTLM " + login + "\r\n"
	}
	content := ""
	if method == "POST" {
		fields, content = fields+"Content-Length: 2\r\n", "hi"
	}
	if _, err := io.WriteString(a.conn, method+" "+a.base+"/ HTTP/1.1\r\n"+fields+"\r\n"+content); err != nil {
		return 0, "", "", err
	}
	resp, err := http.ReadResponse(a.r, nil)
	if err != nil {
		return 0, "", "", err
	}
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), strings.TrimPrefix(resp.Header.Get("WWW-Authenticate"), "NTLM "), err
}

// as logs in as user and asks several things.
func (a *asker) as(user string) error {
	status, body, _, err := a.ask("GET", "")
	if err != nil || status != 401 {
		return fmt.Errorf("%s is answered %d %q, %v before the login", user, status, body, err)
	}
	_, _, nonce, err := a.ask("GET", "T1")
	if err != nil {
		return err
	}
	for i := range 6 {
		method, login := "GET", ""
		if i%2 == 1 {
			method = "POST"
		}
		if i == 0 {
			login = nonce + user
		}
		status, body, _, err := a.ask(method, login)
		if err != nil || status != 200 || body != user {
			return fmt.Errorf("%s is answered %d %q, %v at request %d", user, status, body, err, i)
		}
	}
	return nil
}

// Eight clients concurrently log in as two users each, and none is ever answered as
// somebody else.
func TestManyLogins(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("decrypted %v", secure), func(t *testing.T) {
			o := openAll(t, nil)
			var server *tls.Config
			if secure {
				server = o.server("http/1.1")
			}
			o.origin.Serve(ntlmOrigin(server))
			begin := func() (*asker, error) {
				conn, err := net.Dial("tcp", o.Addr())
				if err != nil {
					return nil, err
				}
				_ = conn.SetDeadline(time.Now().Add(proxytest.Deadline))
				a := &asker{conn, bufio.NewReader(conn), "http://" + o.origin.Addr()}
				if !secure {
					return a, nil
				}
				if _, err := io.WriteString(conn, o.Text(connect)); err != nil {
					return a, err
				}
				resp, err := http.ReadResponse(a.r, &http.Request{Method: "CONNECT"})
				if err != nil || resp.StatusCode != 200 {
					return a, fmt.Errorf("CONNECT: %v, %v", resp, err)
				}
				inside := tls.Client(conn, o.client("http/1.1"))
				return &asker{inside, bufio.NewReader(inside), ""}, inside.Handshake()
			}
			var clients sync.WaitGroup
			for i := range 8 {
				clients.Go(func() {
					for j := range 2 {
						a, err := begin()
						if err == nil {
							err = a.as(fmt.Sprintf("user%d-%d", i, j))
						}
						if a != nil {
							_ = a.conn.Close()
						}
						if err != nil {
							t.Error(err)
						}
					}
				})
			}
			clients.Wait()
		})
	}
}
