package proxy

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// relay passes the response on as it comes; false asks for a reset of the stream.
func (s *h2Stream) relay(res *http.Response) bool {
	declared := slices.Sorted(maps.Keys(res.Trailer))
	if len(declared) > 0 {
		res.Header["Trailer"] = []string{strings.Join(declared, ", ")}
	}
	head := responseHead2(res.StatusCode, res.Header)
	s.rec.ResponseHead(res.StatusCode, head, fieldSpan(head, "content-type", res.Header.Get("Content-Type")), time.Now())
	to := s.w.Header()
	maps.Copy(to, res.Header)
	for _, own := range [...]string{"Date", "Content-Type", "Content-Length"} {
		if _, has := to[own]; !has {
			to[own] = nil // what the origin did not send is not made up
		}
	}
	s.w.WriteHeader(res.StatusCode)
	// A response whose head was its end goes on as one, which gRPC relies on.
	if res.ContentLength != 0 {
		if s.flush() != nil {
			return s.end(flow.FailureClientGone, reason.StreamLeft.With())
		}
	}
	if end := s.relayBody(res); end.failure != flow.FailureNone {
		return s.end(end.failure, end.why)
	}
	if trailer := fields2(res.Trailer); len(trailer) > 0 {
		s.rec.ResponseTrailer(trailer)
	}
	for name, values := range res.Trailer {
		if !slices.Contains(declared, name) {
			name = http.TrailerPrefix + name
		}
		to[name] = values
	}
	s.finish(flow.FailureNone, flow.Reason{})
	return true
}

func (s *h2Stream) flush() error { return http.NewResponseController(s.w).Flush() }

// end closes the row of a response that broke off.
func (s *h2Stream) end(failure flow.Failure, why flow.Reason) bool {
	s.finish(failure, why)
	return false
}

var h2Buffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// relayBody passes each piece on immediately. What the client does not take stays
// with the origin: both windows are bounded.
func (s *h2Stream) relayBody(res *http.Response) bodyEnd {
	limit := s.h.config.Timeouts.OriginBody
	var taking, untaken atomic.Bool // the client is to take a piece; it did not in time
	late := timer(limit, func() {
		if taking.Load() {
			untaken.Store(true)
			s.stopTaking()
			return
		}
		s.cancel(errLateBody)
	})
	if late != nil {
		defer late.Stop()
	}
	buf := h2Buffers.Get().(*[]byte)
	defer h2Buffers.Put(buf)
	for {
		n, err := res.Body.Read(*buf)
		if n > 0 {
			s.rec.ResponseBody((*buf)[:n])
			taking.Store(true)
			if late != nil {
				late.Reset(limit)
			}
			_, writeErr := s.w.Write((*buf)[:n])
			if writeErr == nil && err == nil {
				writeErr = s.flush()
			}
			taking.Store(false)
			switch {
			case untaken.Load():
				return bodyEnd{failure: flow.FailureClientGone, why: reason.ClientTookNot.With()}
			case writeErr != nil:
				return bodyEnd{failure: flow.FailureClientGone, why: reason.StreamLeft.With()}
			}
		}
		if err == io.EOF {
			return bodyEnd{}
		}
		if err != nil {
			return s.broken(res.Request.Context(), err)
		}
		if late != nil {
			late.Reset(limit)
		}
	}
}

// stopTaking resets the stream while its response is written to a client that takes nothing.
func (s *h2Stream) stopTaking() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended { // else the writer is no longer valid
		_ = http.NewResponseController(s.w).SetWriteDeadline(s.start)
	}
}

// broken finds the words for a body that broke off.
func (s *h2Stream) broken(ctx context.Context, err error) bodyEnd {
	end := bodyEnd{failure: flow.FailureTruncated}
	var reset http2.StreamError
	switch {
	case context.Cause(ctx) == errLateBody:
		end.why = reason.BodyStopped.With()
	case s.h.c.srv.base.Err() != nil, s.h.c.watch.ended.Load() != nil:
		end.failure, end.why = s.h.c.cutWhy(reason.StoppedMidway)
	case ctx.Err() != nil:
		end.failure, end.why = flow.FailureClientGone, reason.StreamLeft.With()
	case errors.As(err, &reset):
		end.why = reason.BodyStream.With(reset.Code)
	default:
		end.why = reason.BodyBroke.With(reason.Of(err))
	}
	return end
}

// HTTP/2 has no text form. A head is shown as its pseudo-header fields and then
// its fields, in lower case as on the wire; the library does not keep the order
// between fields of different names, so they are sorted.

func requestHead2(r *http.Request) (head []byte, method, path capture.Span) {
	at := func(value string) capture.Span {
		return capture.Span{Off: uint32(len(head) - 2 - len(value)), Len: uint32(len(value))}
	}
	head = appendField2(head, ":method", r.Method)
	method = at(r.Method)
	if r.Method != http.MethodConnect {
		head = appendField2(head, ":scheme", "https")
	}
	head = appendField2(head, ":authority", r.Host)
	if r.Method != http.MethodConnect {
		head = appendField2(head, ":path", r.RequestURI)
		path = at(r.RequestURI)
	}
	head = append(head, fields2(r.Header)...)
	if len(r.Trailer) > 0 {
		head = appendField2(head, "trailer", strings.ToLower(strings.Join(slices.Sorted(maps.Keys(r.Trailer)), ", ")))
	}
	return append(head, "\r\n"...), method, path
}

func responseHead2(status int, h http.Header) []byte {
	head := appendField2(nil, ":status", strconv.Itoa(status))
	return append(append(head, fields2(h)...), "\r\n"...)
}

// fields2 renders fields, sorted by name.
func fields2(h http.Header) []byte {
	var out []byte
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			out = appendField2(out, strings.ToLower(name), value)
		}
	}
	return out
}

func appendField2(out []byte, name, value string) []byte {
	return append(append(append(append(out, name...), ": "...), value...), "\r\n"...)
}

// fieldSpan finds the value of a field in a rendered head.
func fieldSpan(head []byte, name, value string) capture.Span {
	at := strings.Index(string(head), "\r\n"+name+": "+value+"\r\n")
	if at < 0 || value == "" {
		return capture.Span{}
	}
	return capture.Span{Off: uint32(at + 2 + len(name) + 2), Len: uint32(len(value))}
}
