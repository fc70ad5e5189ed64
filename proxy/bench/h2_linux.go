package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// h2Measure sends small requests over eight connections, streams at a time on each.
func h2Measure(streams int) func(context.Context, *bench, *instance) (sample, error) {
	return func(ctx context.Context, b *bench, in *instance) (sample, error) {
		var r h2Result
		return measured(in, func() (sample, error) {
			var err error
			r, err = h2Load{connections: 8, streams: streams, duration: b.duration, target: b.h2URL(smallPath),
				through: in.carrier.addr, size: smallSize}.run(ctx)
			return sample{"rps": float64(r.done) / r.seconds, "mean": r.mean, "longest": r.longest}, err
		}, func(cpu float64, s sample) { s["cpu"] = cpu * 1e6 / float64(r.done) })
	}
}

// h2Bulk downloads the middle file again and again for about the duration, each
// time on the one stream of a new connection.
func h2Bulk(ctx context.Context, b *bench, in *instance) (sample, error) {
	var moved int64
	return measured(in, func() (sample, error) {
		seconds, start := 0.0, time.Now()
		for moved == 0 || time.Since(start) < b.duration {
			r, err := h2Load{connections: 1, streams: 1, requests: 1, target: b.h2URL(midPath),
				through: in.carrier.addr, size: midSize}.run(ctx)
			if err != nil {
				return nil, err
			}
			moved, seconds = moved+midSize, seconds+r.seconds
		}
		return sample{"mib": mib(moved) / seconds}, nil
	}, func(cpu float64, s sample) { s["cpu"] = cpu / (mib(moved) / 1024) })
}

func (b *bench) h2URL(path string) string { return "https://" + b.origin.authority(multiplexed) + path }

// h2Client speaks HTTP/2 over one connection through in.
type h2Client struct {
	transport *http.Transport
	base      string // of URLs
	conn      *secureClient
}

// reachH2 connects to authority through in, in a tunnel where in has no fixed origin.
func reachH2(in *instance, authority string) (*h2Client, error) {
	conn, err := reachSecure(in, authority, secureOptions{limit: time.Now().Add(countLimit), protocol: "h2"})
	if err != nil {
		return nil, err
	}
	if got := conn.ConnectionState().NegotiatedProtocol; got != "h2" {
		_ = conn.Close()
		return nil, fmt.Errorf("the protocol chosen is %q, not h2", got)
	}
	c := &h2Client{base: "https://" + authority, conn: conn}
	once := make(chan net.Conn, 1)
	once <- conn.Conn
	c.transport = &http.Transport{ForceAttemptHTTP2: true, DisableCompression: true,
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
			select {
			case conn := <-once:
				return conn, nil
			default:
				return nil, errors.New("the connection is gone")
			}
		}}
	return c, nil
}

func (c *h2Client) close() {
	c.transport.CloseIdleConnections()
	_ = c.conn.Close()
}

// get sends a request and expects 200.
func (c *h2Client) get(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK || response.ProtoMajor != 2 {
		_ = response.Body.Close()
		return nil, fmt.Errorf("the answer is %s %s", response.Proto, response.Status)
	}
	return response, nil
}

// verify fetches a file and holds it against what it must be, to the byte.
func (c *h2Client) verify(ctx context.Context, path string, size int64) error {
	response, err := c.get(ctx, path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := verifyBody(response.Body, size); err != nil {
		return fmt.Errorf("wrong body: %w", err)
	}
	if n, err := response.Body.Read(make([]byte, 1)); n > 0 || err != io.EOF {
		return fmt.Errorf("the body does not end after %d bytes (%d more, %v)", size, n, err)
	}
	return nil
}

// verifyH2 is verify by HTTP/2.
func verifyH2(in *instance, authority, path string, size int64) error {
	c, err := reachH2(in, authority)
	if err != nil {
		return err
	}
	defer c.close()
	ctx, cancel := context.WithTimeout(context.Background(), countLimit)
	defer cancel()
	return c.verify(ctx, path, size)
}

const (
	quietConnections = 100
	quietStreams     = 10 // on each
)

// quietMany opens connections, each with a request behind it, and then streams
// on them whose answers have begun, and looks at what they cost while nothing
// passes. Then each answer must go on to its end.
func quietMany(ctx context.Context, b *bench, in *instance) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, countLimit)
	defer cancel()
	before, err := in.process.measure()
	if err != nil {
		return nil, err
	}
	clients, err := openClients(ctx, b, in)
	defer func() {
		for _, c := range clients {
			c.close()
		}
	}()
	if err != nil {
		return nil, err
	}
	connected, err := settled(ctx, in)
	if err != nil {
		return nil, err
	}
	answers, err := beginAnswers(ctx, clients)
	defer func() {
		b.origin.quiet.end()
		for _, a := range answers {
			_ = a.Body.Close()
		}
	}()
	if err != nil {
		return nil, err
	}
	open, err := settled(ctx, in)
	if err != nil {
		return nil, err
	}
	if n := b.origin.quiet.open.Load(); n != int64(len(answers)) {
		return nil, fmt.Errorf("the origin has %d answers open, the client %d", n, len(answers))
	}
	b.origin.quiet.end()
	if err := endAnswers(answers); err != nil {
		return nil, err
	}
	return sample{
		"connection": float64(connected.rss-before.rss) / 1024 / float64(len(clients)),
		"stream":     float64(open.rss-connected.rss) / 1024 / float64(len(answers)),
		"streams":    float64(len(answers)),
		"fds":        float64(open.descriptors-before.descriptors) / float64(len(clients)),
	}, nil
}

func settled(ctx context.Context, in *instance) (usage, error) {
	if err := wait(ctx, settleTime); err != nil {
		return usage{}, err
	}
	return in.process.measure()
}

func openClients(ctx context.Context, b *bench, in *instance) ([]*h2Client, error) {
	var clients []*h2Client
	for i := range quietConnections {
		c, err := reachH2(in, b.origin.authority(unfinished))
		if err != nil {
			return clients, fmt.Errorf("connection %d: %w", i+1, err)
		}
		clients = append(clients, c)
		if err := c.verify(ctx, smallPath, smallSize); err != nil {
			return clients, fmt.Errorf("on connection %d: %w", i+1, err)
		}
	}
	return clients, nil
}

// beginAnswers opens the streams of all connections and reads how their answers begin.
func beginAnswers(ctx context.Context, clients []*h2Client) ([]*http.Response, error) {
	found := make(chan *http.Response, len(clients)*quietStreams)
	group, ctx2 := errgroup.WithContext(ctx)
	for _, c := range clients {
		group.Go(func() error {
			for range quietStreams {
				// An answer outlives the group, so it has the outer context.
				a, err := c.get(ctx, quietPath)
				if err != nil {
					return err
				}
				found <- a
				begin := make([]byte, len(quietBegin))
				if _, err := io.ReadFull(a.Body, begin); err != nil || string(begin) != quietBegin {
					return fmt.Errorf("an answer begins with %q, not %q: %v", begin, quietBegin, err)
				}
				if err := ctx2.Err(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	close(found)
	var answers []*http.Response
	for a := range found {
		answers = append(answers, a)
	}
	return answers, err
}

// endAnswers reads all answers to their end.
func endAnswers(answers []*http.Response) error {
	for i, a := range answers {
		if text, err := io.ReadAll(a.Body); err != nil || string(text) != quietEnd {
			return fmt.Errorf("answer %d of %d went on with %q, not %q: %v", i+1, len(answers), text, quietEnd, err)
		}
	}
	return nil
}
