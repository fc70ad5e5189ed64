package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
)

// proxy answers one connection's CONNECT with text, and echoes what follows.
func proxy(t *testing.T, text string) (addr string, asked <-chan string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	head := make(chan string, 1)
	done := make(chan struct{})
	t.Cleanup(func() { _ = ln.Close(); <-done })
	go func() {
		defer close(done)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		var lines []string
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if line == "\r\n" {
				break
			}
			lines = append(lines, strings.TrimSpace(line))
		}
		head <- strings.Join(lines, "; ")
		_, _ = io.WriteString(conn, text)
		_, _ = io.Copy(conn, r)
	}()
	return ln.Addr().String(), head
}

// carried connects through a relay.
func carried(t *testing.T, r relay) net.Conn {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	done := make(chan struct{})
	go func() { defer close(done); r.carry(conn.(*net.TCPConn)) }()
	t.Cleanup(func() { _ = client.Close(); <-done })
	return client
}

func TestCarrierLeadsThroughTunnel(t *testing.T) {
	for _, plain := range []bool{false, true} {
		addr, asked := proxy(t, "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n")
		client := carried(t, relay{origin: addr, connect: "a.localhost:443", plain: plain})
		if _, err := io.WriteString(client, "hello"); err != nil {
			t.Fatal(err)
		}
		if err := client.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(client)
		if err != nil || string(got) != "hello" {
			t.Errorf("plain %v: %q came back, %v", plain, got, err)
		}
		if want := "CONNECT a.localhost:443 HTTP/1.1; Host: a.localhost:443"; <-asked != want {
			t.Errorf("the proxy was asked something else than %q", want)
		}
	}
}

func TestCarrierEndsWithoutTunnel(t *testing.T) {
	for name, text := range map[string]string{
		"refused":        "HTTP/1.1 502 Bad Gateway\r\n\r\n",
		"no HTTP":        "SSH-2.0 200\r\n\r\n",
		"early bytes":    "HTTP/1.1 200 OK\r\n\r\nx",
		"without an end": "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", maxAnswerHead/6),
	} {
		addr, _ := proxy(t, text)
		if _, err := (relay{origin: addr, connect: "a.localhost:443"}).dial(); err == nil {
			t.Errorf("%s: there is a tunnel", name)
		}
	}
}
