// Command relay is the floor that proxies are measured against: it accepts,
// connects to one fixed origin and copies both ways. It parses nothing.
//
// With -connect it is a carrier: the origin is a proxy, which is asked for a
// tunnel first, so that a client that knows no proxies can be sent through one.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

// plainBuffer is each direction's buffer with -plain, in bytes.
const plainBuffer = 32 << 10

// relay is where connections go, and how.
type relay struct {
	origin  string
	connect string // authority of the tunnel that the origin is asked for, "" for none
	plain   bool   // copy through a buffer
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "`ADDR` to listen on")
	var r relay
	flag.StringVar(&r.origin, "origin", "", "`ADDR` that every connection is relayed to")
	flag.StringVar(&r.connect, "connect", "", "ask the origin, a proxy, for a tunnel to `AUTHORITY` first")
	flag.BoolVar(&r.plain, "plain", false, "copy through a buffer, not inside the kernel: cheaper for small messages")
	flag.Parse()
	fmt.Fprintln(os.Stderr, "relay:", r.serve(*listen))
	os.Exit(1)
}

// serve ends only with an error.
func (r relay) serve(listen string) error {
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	for {
		client, err := ln.Accept()
		if err != nil {
			return err
		}
		go r.carry(client.(*net.TCPConn))
	}
}

func (r relay) carry(client *net.TCPConn) {
	defer client.Close()
	server, err := r.dial()
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		return
	}
	defer server.Close()
	up := make(chan struct{})
	go func() {
		defer close(up)
		r.oneWay(server, client)
	}()
	r.oneWay(client, server)
	<-up
}

func (r relay) dial() (*net.TCPConn, error) {
	conn, err := net.Dial("tcp", r.origin)
	if err != nil {
		return nil, err
	}
	if r.connect != "" {
		if err := openTunnel(conn, r.connect); err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	return conn.(*net.TCPConn), nil
}

// maxAnswerHead bounds the answer to CONNECT, in bytes.
const maxAnswerHead = 4 << 10

// openTunnel reads no further than the answer's head: in a tunnel to a TLS server
// the client speaks first, so bytes beyond it are a fault.
func openTunnel(conn net.Conn, authority string) error {
	if _, err := fmt.Fprintf(conn, "CONNECT %[1]s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", authority); err != nil {
		return err
	}
	r := bufio.NewReaderSize(io.LimitReader(conn, maxAnswerHead), maxAnswerHead)
	for first := true; ; first = false {
		line, err := r.ReadString('\n')
		if err != nil {
			return fmt.Errorf("CONNECT: %w", err)
		}
		if first && !strings.HasPrefix(line, "HTTP/1.1 200") && !strings.HasPrefix(line, "HTTP/1.0 200") {
			return fmt.Errorf("CONNECT was answered with %q", strings.TrimSpace(line))
		}
		if strings.TrimSpace(line) != "" {
			continue
		}
		if r.Buffered() > 0 {
			return fmt.Errorf("%d bytes came in the tunnel before the client spoke", r.Buffered())
		}
		return nil
	}
}

// oneWay copies until src ends, and passes the end on.
func (r relay) oneWay(dst, src *net.TCPConn) {
	if r.plain {
		_, _ = io.CopyBuffer(struct{ io.Writer }{dst}, struct{ io.Reader }{src}, make([]byte, plainBuffer))
	} else {
		_, _ = io.Copy(dst, src)
	}
	_ = dst.CloseWrite()
}
