//lint:file-ignore SA1019 x/net points to net/http, which has no ServeConn for one connection; both sides will move together

package proxy

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// h2Stream is one exchange over HTTP/2.
type h2Stream struct {
	h     *h2Session
	w     http.ResponseWriter
	r     *http.Request
	rec   *capture.Record
	start time.Time

	cancel context.CancelCauseFunc
	origin *h2Origin // asked, nil while none is
	sent   *h2Body   // the request's body, nil for none

	// mu is for what follows, and held while others than the stream's own goroutine
	// tell rec something: the library may read the body for a moment longer than
	// the exchange lasts, and interim responses come from its own goroutine.
	mu      sync.Mutex
	settled bool // the final response, or none, is being written
	ended   bool // rec was finished
	late    *time.Timer
}

var (
	errLateResponse = errors.New("the origin did not answer in time")
	errLateBody     = errors.New("the origin stopped sending")
)

// begin opens the row.
func (s *h2Stream) begin() {
	in := s.h.in
	head, method, path := requestHead2(s.r)
	b := capture.Begin{Kind: flow.KindHTTP, Start: s.start, Client: s.h.c.addr, Head: head, Method: method, Path: path,
		Scheme: "https", HostName: in.authority.Text, ProtoName: "HTTP/2.0", TLS: in.tls, Secure: &in.secure}
	now := s.h.c.srv.config.Load().Decrypt // what is never recorded since then counts as well
	b.MetadataOnly = !in.policy.Records(in.authority.Host) || !now.Records(in.authority.Host)
	s.h.c.device.Asked()
	s.rec = s.h.c.srv.store.Begin(&b)
	s.h.mu.Lock()
	in.used = true
	s.h.mu.Unlock()
}

// serve passes the exchange on; false asks for a reset of the stream.
func (s *h2Stream) serve() bool {
	in := s.h.in
	if in.fail != nil {
		s.w.Header().Set("Connection", "close") // GOAWAY: the next connection asks the origin again
		return s.answer(in.fail)
	}
	if in.check != nil {
		return s.answer(askLocal(in.check, s.r))
	}
	if s.r.Method == http.MethodConnect {
		return s.answer(errorReply(501, flow.FailureBadRequest, reason.ConnectInside.With()))
	}
	if !lengthHolds(s.r) {
		return s.answer(errorReply(400, flow.FailureBadRequest, reason.RequestRefused.With(reason.LengthUntrue)))
	}
	ctx, cancel := context.WithCancelCause(s.r.Context())
	defer cancel(nil)
	s.cancel = cancel
	defer s.use(nil)
	res, r := s.ask(ctx)
	s.settle()
	if r != nil {
		return s.answer(r)
	}
	defer func() { _ = res.Body.Close() }()
	return s.relay(res)
}

// lengthHolds reports whether Content-Length, if there is one, can be true; a
// request for which it cannot must not be passed on (RFC 9113 section 8.1.1). The
// library checks it against a body, not against there being none.
func lengthHolds(r *http.Request) bool {
	values := r.Header["Content-Length"]
	if len(values) == 0 {
		return true
	}
	n, err := strconv.ParseUint(values[0], 10, 63)
	return err == nil && len(values) == 1 && int64(n) == r.ContentLength
}

// settle ends the wait for the response: no interim one is written from now on,
// and the origin's time to answer is over.
func (s *h2Stream) settle() {
	s.mu.Lock()
	s.settled = true
	if s.late != nil {
		s.late.Stop()
	}
	s.mu.Unlock()
}

// moved notes a piece of the request, and begins the origin's time to answer anew.
func (s *h2Stream) moved(p []byte, whole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	if len(p) > 0 {
		s.rec.RequestBody(p)
	}
	if s.late != nil && !s.settled {
		s.late.Reset(s.h.config.Timeouts.Response)
	}
	if whole {
		s.rec.Sent(time.Now())
		if trailer := fields2(s.r.Trailer); len(trailer) > 0 {
			s.rec.RequestTrailer(trailer)
		}
	}
}

// finish closes the row, which hears nothing afterwards.
func (s *h2Stream) finish(failure flow.Failure, why flow.Reason) {
	s.mu.Lock()
	s.settled, s.ended = true, true
	s.mu.Unlock()
	s.rec.Finish(failure, why, 0, time.Now())
}

// ask sends the request and waits for the final response head. A request that
// the origin has certainly not looked at is sent once more.
func (s *h2Stream) ask(ctx context.Context) (*http.Response, *reply) {
	s.late = timer(s.h.config.Timeouts.Response, func() { s.cancel(errLateResponse) })
	req := s.request(ctx)
	for try := 0; ; try++ {
		o, reused, r := s.h.lend(ctx, try > 0)
		if r != nil {
			if r.secure != nil {
				s.rec.SetSecure(r.secure)
			}
			return nil, r
		}
		s.use(o)
		s.rec.Connected(o.under.Remote, time.Time{}, time.Now(), reused)
		s.h.in.recordTLS(s.rec, o.under)
		if s.sent == nil {
			s.rec.Sent(time.Now())
		}
		o.detectLogin(req.Header)
		res, err := o.conn.RoundTrip(req)
		if err == nil {
			o.detectLogin(res.Header)
			o.answered.Store(true)
			return res, nil
		}
		if try == 0 && untouched(err, reused) && (!o.dead.Load() || idempotent(req.Method)) && (s.sent == nil || !s.sent.read.Load()) &&
			ctx.Err() == nil {
			s.use(nil)
			continue
		}
		return nil, s.failure(ctx, o, err)
	}
}

// use tells a connection that it is asked, and the one before that it no longer is.
func (s *h2Stream) use(o *h2Origin) {
	if s.origin != nil {
		s.origin.asked.Add(-1)
	}
	if s.origin = o; o != nil {
		o.asked.Add(1)
	}
}

// untouched reports whether a failed request cannot have been worked on (RFC
// 9113 section 8.7), or met a connection that had just ended.
func untouched(err error, reused bool) bool {
	var reset http2.StreamError
	if errors.As(err, &reset) {
		return reset.Code == http2.ErrCodeRefusedStream
	}
	var away http2.GoAwayError
	return errors.As(err, &away) || reused && !errors.Is(err, context.Canceled)
}

// idempotent reports whether a request that may have been worked on may be sent
// again (RFC 9110 section 9.2.2).
func idempotent(method string) bool {
	return slices.Contains([]string{"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}, method)
}

// request is what goes to the origin: the same, without anything added.
func (s *h2Stream) request(ctx context.Context) *http.Request {
	r := s.r
	target := &url.URL{Scheme: "https", Host: r.Host, Opaque: "//" + r.Host + r.RequestURI} // byte for byte
	if r.RequestURI == "*" {
		target = &url.URL{Scheme: "https", Host: r.Host, Path: "*"}
	}
	req := &http.Request{Method: r.Method, URL: target, Host: r.Host, Header: r.Header, Trailer: r.Trailer, ContentLength: r.ContentLength,
		ProtoMajor: 2}
	if _, has := req.Header["User-Agent"]; !has {
		req.Header["User-Agent"] = nil // none is added
	}
	if r.ContentLength != 0 {
		s.sent = &h2Body{s: s, body: r.Body}
		req.Body = s.sent
	}
	return req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: s.interim}))
}

// interim passes a 1xx response on. A 100 is not: the client got one when its
// body was first asked for.
func (s *h2Stream) interim(code int, header textproto.MIMEHeader) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settled {
		return nil
	}
	s.rec.Interim(responseHead2(code, http.Header(header)))
	if code == 100 || code == 101 {
		return nil
	}
	to := s.w.Header()
	maps.Copy(to, http.Header(header))
	s.w.WriteHeader(code)
	clear(to)
	return nil
}

// h2Body is the request's body on its way to the origin.
type h2Body struct {
	s    *h2Stream
	body io.ReadCloser
	read atomic.Bool // it was begun
}

func (b *h2Body) Read(p []byte) (int, error) {
	b.read.Store(true)
	n, err := b.body.Read(p)
	b.s.moved(p[:n], err == io.EOF)
	return n, err
}

func (b *h2Body) Close() error { return b.body.Close() }

// failure finds the words for a request that got no response head.
func (s *h2Stream) failure(ctx context.Context, h *h2Origin, err error) *reply {
	o := h.under
	name := o.Remote.String()
	var reset http2.StreamError
	switch {
	case context.Cause(ctx) == errLateResponse:
		return errorReply(504, flow.FailureResponseTimeout, reason.AnswerLate.With(reason.At.With(name)))
	case s.h.c.srv.base.Err() != nil, s.h.c.watch.ended.Load() != nil:
		return s.h.c.cutReply()
	case ctx.Err() != nil:
		return gone()
	case errors.As(err, &reset):
		r := gone() // the stream is reset, as the origin did
		r.failure, r.why = flow.FailureOriginClosed, reason.StreamReset.With(name, reset.Code)
		return r
	}
	if h.dead.Load() {
		return errorReply(504, flow.FailureResponseTimeout, reason.Vanished.With(reason.At.With(name)))
	}
	if o.CertUnanswered && !h.answered.Load() { // x/net keeps the alert to itself if it came before the request
		return s.h.in.originReply(s.rec, &originError{err, true, o.TLS})
	}
	if refused := asOriginError(o, err); refused != err {
		var e *originError
		errors.As(refused, &e)
		return s.h.in.originReply(s.rec, e)
	}
	return errorReply(502, flow.FailureOriginClosed, reason.StreamEnded.With(name, reason.Of(err)))
}

// answer sends a reply of Posthouse's own.
func (s *h2Stream) answer(r *reply) bool {
	defer func() { s.finish(r.failure, r.why) }()
	s.rec.Unusable(r.sent)
	if r.status == 0 {
		return false
	}
	if r.closes {
		s.h.leave()
	}
	h := s.w.Header()
	r.head(h.Add)
	head := responseHead2(r.status, h)
	s.rec.ResponseHead(r.status, head, fieldSpan(head, "content-type", r.kind), time.Now())
	s.w.WriteHeader(r.status)
	if s.r.Method != http.MethodHead {
		s.rec.ResponseBody([]byte(r.body))
		_, _ = io.WriteString(s.w, r.body)
	}
	return true
}
