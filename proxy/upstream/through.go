package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"time"

	"posthouse/proxy/socket"
)

// Reach connects to an upstream proxy itself, with TLS where its scheme is
// https. The context ends it; errors are *DialError.
func (d *Dialer) Reach(ctx context.Context, p *Proxy) (Result, error) {
	result, err := d.Dial(ctx, p.Host, p.Port)
	if err != nil {
		err.(*DialError).Proxy = p.name
		return result, err
	}
	result.Conn.leads = Key{Proxy: p.id}
	if p.Scheme != SchemeHTTPS {
		return result, nil
	}
	// The server name is checked, and sent only where it is a name (RFC 6066 section 3).
	config := &tls.Config{ServerName: p.Host, RootCAs: p.Roots, MinVersion: tls.VersionTLS12}
	secure := socket.Secure(result.Conn.Conn, func(c net.Conn) *tls.Conn { return tls.Client(c, config) })
	if err := secure.TLS().HandshakeContext(ctx); err != nil {
		_ = secure.Drop()
		return Result{Resolved: result.Resolved}, &DialError{Stage: StageTLS, Host: p.address(), Proxy: p.name, Err: err}
	}
	secure.Handshook()
	result.Conn = Secured(result.Conn, secure)
	result.Connected = time.Now()
	return result, nil
}

// Through opens a way to host and port through an upstream proxy. head is the
// CONNECT request that an HTTP proxy is sent, with its Authorization. What the
// proxy sends behind its answer waits in the connection's buffer. Where logging in
// is left to clients and the proxy asks for it, the result has the connection
// beside the error, with the whole answer in its buffer.
func (d *Dialer) Through(ctx context.Context, p *Proxy, host string, port uint16, head []byte) (Result, error) {
	result, err := d.Reach(ctx, p)
	if err != nil {
		return result, err
	}
	return d.open(ctx, result, p, host, port, head)
}

// Over is Through over a connection that leads to the proxy already. It is closed
// if that fails.
func (d *Dialer) Over(ctx context.Context, c *Conn, p *Proxy, host string, port uint16, head []byte) (Result, error) {
	return d.open(ctx, Result{Conn: c}, p, host, port, head)
}

func (d *Dialer) open(ctx context.Context, result Result, p *Proxy, host string, port uint16, head []byte) (Result, error) {
	stage := StageSpeak
	err := guard(ctx, result.Conn, func() (err error) {
		if p.Scheme == SchemeSOCKS5 {
			stage, err = speakSOCKS(result.Conn.Conn.Conn, p, host, port)
		} else {
			result.Mended, stage, err = speakConnect(result.Conn, p, head)
		}
		return err
	})
	if err != nil {
		failed := &DialError{Stage: stage, Host: net.JoinHostPort(host, strconv.Itoa(int(port))), Proxy: p.name, Err: err}
		var challenge *ChallengeError
		if errors.As(err, &challenge) && p.LeavesLogin() {
			return result, failed
		}
		KeepSent(failed, result.Conn)
		_ = result.Conn.Close()
		result.Conn.Discard(len(result.Conn.Buffered()))
		result.Conn.Release()
		return Result{Resolved: result.Resolved}, failed
	}
	result.Conn.leads = Key{Proxy: p.id, Host: lowerHost(host), Port: port}
	result.Connected = time.Now()
	return result, nil
}

func (p *Proxy) address() string { return net.JoinHostPort(p.Host, strconv.Itoa(int(p.Port))) }

// guard ends what do waits for on c when the context ends.
func guard(ctx context.Context, c *Conn, do func() error) error {
	stop := context.AfterFunc(ctx, c.Interrupt)
	err := do()
	if !stop() {
		return ctx.Err()
	}
	return err
}
