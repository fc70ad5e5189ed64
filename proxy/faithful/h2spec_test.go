//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package faithful_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/summerwind/h2spec/config"
	"github.com/summerwind/h2spec/generic"
	"github.com/summerwind/h2spec/hpack"
	h2http2 "github.com/summerwind/h2spec/http2"
	"github.com/summerwind/h2spec/spec"
	"golang.org/x/net/http2"

	"posthouse/proxy/proxytest/h2test"
)

// h2specCases is how many there are, so that none gets lost: one more is strict.
const h2specCases = 146

// xnetAnswers are the cases that x/net's server answers with 400 instead of resetting the
// stream. The proxy must reset it: both are malformed (RFC 9113 section 8.2.2).
var xnetAnswers = []string{"http2/8.1.2.2.1", "http2/8.1.2.2.2"}

// TestH2Spec runs h2spec against x/net's server, directly and through the proxy.
func TestH2Spec(t *testing.T) {
	t.Run("directly", func(t *testing.T) { runH2Spec(t, h2test.Direct(t), xnetAnswers) })
	t.Run("through", func(t *testing.T) { runH2Spec(t, h2test.Through(t, nil), nil) })
}

func runH2Spec(t *testing.T, route *h2test.Route, skipped []string) {
	// What is announced is what h2spec takes for granted.
	server := &http2.Server{MaxReadFrameSize: 16 << 10}
	route.Serve(func(conn *tls.Conn) {
		h2test.ServeConn(&oneOfEach{Conn: conn, wire: h2test.NewWire(conn)}, server, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, strings.Repeat("answer ", 10))
		})
	})
	entrance := route.Entrance()
	count := 0
	t.Run("cases", func(t *testing.T) {
		for _, group := range []*spec.TestGroup{generic.Spec(), h2http2.Spec(), hpack.Spec()} {
			eachCase(group, func(name string, c *spec.TestCase) {
				count++
				t.Run(name, func(t *testing.T) {
					if slices.Contains(skipped, name) {
						t.Skip("x/net's server answers this one")
					}
					t.Parallel()
					runCase(t, entrance.Port, c)
				})
			})
		}
	})
	if count != h2specCases {
		t.Errorf("%d cases", count)
	}
}

// oneOfEach shows x/net's server the last of settings that appear more than once in a
// frame: it hangs up on those, which RFC 9113 section 6.5.3 has it process in order.
type oneOfEach struct {
	*tls.Conn
	wire  *h2test.Wire
	begun bool
	ahead []byte
}

func (c *oneOfEach) Read(p []byte) (int, error) {
	if !c.begun {
		c.begun = true
		c.ahead = make([]byte, len(http2.ClientPreface))
		n, err := io.ReadFull(c.Conn, c.ahead)
		c.ahead = c.ahead[:n]
		if n == 0 {
			return 0, err
		}
	}
	if len(c.ahead) == 0 {
		f, err := c.wire.ReadFrame()
		if err != nil {
			return 0, err
		}
		if f.Type == http2.FrameSettings && len(f.Payload)%6 == 0 {
			var last []http2.Setting
			for _, s := range f.Settings() {
				last = append(slices.DeleteFunc(last, func(l http2.Setting) bool { return l.ID == s.ID }), s)
			}
			f.Payload = h2test.Settings(last...).Payload
		}
		c.ahead = f.Append(nil)
	}
	n := copy(p, c.ahead)
	c.ahead = c.ahead[n:]
	return n, nil
}

func eachCase(group *spec.TestGroup, do func(name string, c *spec.TestCase)) {
	for i, c := range append(group.Tests, group.StrictTests...) {
		do(fmt.Sprintf("%s.%d", group.ID(), i+1), c)
	}
	for _, sub := range group.Groups {
		eachCase(sub, do)
	}
}

func runCase(t *testing.T, port int, c *spec.TestCase) {
	// The timeout is also what h2spec waits before it takes silence for an answer.
	settings := &config.Config{Host: "127.0.0.1", Port: port, Path: "/", Timeout: 2 * time.Second, MaxHeaderLen: 4000, Strict: true,
		TLS: true, Insecure: true}
	conn, err := spec.Dial(settings)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	switch err := c.Run(settings, conn); {
	case err == spec.ErrSkipped:
		t.Skip("h2spec skips it with this origin")
	case err != nil:
		t.Errorf("%s: %s\n%v", c.Desc, c.Requirement, err)
	}
}
