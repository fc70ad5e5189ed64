// Command relay is the floor that proxies are measured against: it accepts,
// connects to one fixed origin and copies both ways. It parses nothing.
package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"os"
)

// plainBuffer is each direction's buffer with -plain, in bytes.
const plainBuffer = 32 << 10

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "`ADDR` to listen on")
	origin := flag.String("origin", "", "`ADDR` that every connection is relayed to")
	plain := flag.Bool("plain", false, "copy through a buffer, not inside the kernel: cheaper for small messages")
	flag.Parse()
	fmt.Fprintln(os.Stderr, "relay:", serve(*listen, *origin, *plain))
	os.Exit(1)
}

// serve ends only with an error.
func serve(listen, origin string, plain bool) error {
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	for {
		client, err := ln.Accept()
		if err != nil {
			return err
		}
		go relay(client.(*net.TCPConn), origin, plain)
	}
}

func relay(client *net.TCPConn, origin string, plain bool) {
	defer client.Close()
	conn, err := net.Dial("tcp", origin)
	if err != nil {
		return
	}
	server := conn.(*net.TCPConn)
	defer server.Close()
	up := make(chan struct{})
	go func() {
		defer close(up)
		oneWay(server, client, plain)
	}()
	oneWay(client, server, plain)
	<-up
}

// oneWay copies until src ends, and passes the end on.
func oneWay(dst, src *net.TCPConn, plain bool) {
	if plain {
		_, _ = io.CopyBuffer(struct{ io.Writer }{dst}, struct{ io.Reader }{src}, make([]byte, plainBuffer))
	} else {
		_, _ = io.Copy(dst, src)
	}
	_ = dst.CloseWrite()
}
