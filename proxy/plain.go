package proxy

import (
	"bytes"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
)

// Plain HTTP in a tunnel: browsers, undici and others send ws:// and some http://
// requests through CONNECT. Where the rules of decryption open the host, they
// become rows as what is inside TLS does.

// lineWait is how long a request line that has begun is waited for. A client that
// speaks another protocol and waits for an answer to such bytes is not held up longer.
const lineWait = 200 * time.Millisecond

// speaksPlain reports whether what the client of an opened tunnel sent instead of a
// ClientHello is an HTTP/1 request line. The bytes stay in the buffer.
func (x opening) speaksPlain() bool {
	if len(x.conn.socket.Buffered()) == 0 {
		return false // the origin spoke first
	}
	x.conn.watch.stage(lineWait)
	defer x.endWait()
	for {
		if known, is := plainRequest(x.conn.socket.Buffered()); known {
			return is
		}
		if x.fillMore(x.conn.socket) != nil {
			return false
		}
	}
}

// plainRequest tells the request line of a client that speaks HTTP/1 to an origin
// from another protocol's first bytes. A line that the engine would refuse is none,
// and one of CONNECT is for another proxy.
func plainRequest(b []byte) (known, is bool) {
	if http1.CheckStart(b) != nil {
		return true, false
	}
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		known, _ = looksHTTP(b)
		return known, false
	}
	line, whole := bytes.CutSuffix(b[:end], []byte("\r"))
	return true, whole && http1.CheckRequestLine(line) == nil && !bytes.HasPrefix(line, []byte("CONNECT "))
}

// endWait ends a short stage. What it interrupted goes on.
func (x opening) endWait() {
	x.conn.watch.mu.Lock()
	defer x.conn.watch.mu.Unlock()
	x.conn.watch.until.Store(0)
	if !x.conn.watch.expired.Swap(false) || x.conn.watch.wasCut {
		return
	}
	x.conn.socket.Resume()
	if x.origin != nil && !x.conn.watch.gone.Load() {
		x.origin.Resume()
	}
}

// servePlainInside goes on inside a tunnel with plain HTTP in it.
func (x opening) servePlainInside(in *interception) bool {
	in.plain = true
	in.authority.Text = withoutPort(in.text, in.authority.Port, 80)
	in.rec, x.rec = x.rec, nil
	in.rec.SetSecure(&flow.Secure{Outcome: flow.TLSPlain})
	x.conn.watch.mu.Lock()
	x.conn.inside = in
	x.conn.watch.mu.Unlock()
	if o := x.origin; o != nil {
		x.origin = nil
		if x.conn.watch.release() {
			x.conn.giveBack(o, false, time.Now())
		} else {
			_ = o.Close()
		}
	}
	x.conn.served = true // what follows may be waited for like a later request
	return true
}

// withoutPort is an authority without its port where that is the scheme's own.
func withoutPort(text []byte, port, own uint16) []byte {
	if i := bytes.LastIndexByte(text, ':'); i >= 0 && port == own {
		return text[:i]
	}
	return text
}
