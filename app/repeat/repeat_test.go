package repeat_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/app"
	"posthouse/app/repeat"
	"posthouse/app/settings"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// setUp is a controller, and a message for a server of the test.
func setUp(t *testing.T, o capture.Options, handler http.HandlerFunc) (*app.Controller, outgoing.Message) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s := settings.Default()
	c := app.New(app.Options{Settings: &s, Store: capture.New(o)})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	to := netip.MustParseAddrPort(server.Listener.Addr().String())
	return c, outgoing.Message{Scheme: "http", Host: to.Addr().String(), Port: to.Port(), FixLength: true,
		Head: []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")}
}

// Names are filled in wherever they stand, also over rows of a file; what is none stays.
func TestValuesAreFilledIn(t *testing.T) {
	var mu sync.Mutex
	var got []string
	c, m := setUp(t, capture.Options{}, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.URL.String()+" "+r.Header.Get("X")+" "+string(body))
	})
	values, err := repeat.ParseValues(strings.NewReader("\xef\xbb\xbfname, city\nBo,\"São #1\"\nAl,\"a\nb\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	m.Head = []byte("POST /{{n}}?c={{name}}%20 HTTP/1.1\r\nHost: a\r\nX: {{other}} {{ name }} {{\r\n\r\n")
	m.Body.Bytes = []byte("{{city}}{{{n}}}")
	s, err := repeat.Run(t.Context(), c, repeat.Plan{Message: m, Times: 3, Values: values}, nil)
	if err != nil || len(s.Outcomes) != 3 || s.Failed != 0 || s.Statuses[200] != 3 || s.P50 <= 0 || s.P95 < s.P50 {
		t.Fatalf("%+v, %v", s, err)
	}
	want := "/1?c=Bo%20 {{other}} Bo {{ São #1{1}\n/2?c=Al%20 {{other}} Al {{ a\nb{2}\n/3?c=Bo%20 {{other}} Bo {{ São #1{3}"
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("it sent\n%s\nand not\n%s", text, want)
	}
	m.Head = []byte("GET /{{city}}?{{uuid}}&{{time}} HTTP/1.1\r\nHost: a\r\n\r\n")
	got = nil
	s, err = repeat.Run(t.Context(), c, repeat.Plan{Message: m, Values: values}, nil)
	if err != nil || len(s.Outcomes) != 2 || s.Failed != 1 || s.Outcomes[1].Err == nil {
		t.Fatalf("a line end stood in a head: %+v, %v", s, err)
	}
	form := regexp.MustCompile(`^/S%C3%A3o%20%231\?[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}` +
		`&\d{4}-\d\d-\d\dT[0-9:.]{12}Z `)
	if len(got) != 1 || !form.MatchString(got[0]) {
		t.Errorf("it sent %q", got)
	}
}

// Ten thousand stay within the memory of the store and the bounds of the plan.
func TestTenThousandRepeats(t *testing.T) {
	times := 10_000
	if testing.Short() || raceEnabled {
		times = 1000
	}
	var now, most, asked atomic.Int32
	const budget = 8 << 20
	c, m := setUp(t, capture.Options{Budget: budget}, func(w http.ResponseWriter, _ *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
		}
		asked.Add(1)
		_, _ = io.WriteString(w, strings.Repeat("x", 1000))
	})
	told := 0
	s, err := repeat.Run(t.Context(), c, repeat.Plan{Message: m, Times: times, Parallel: 64}, func(repeat.Outcome) { told++ })
	if err != nil || told != times || len(s.Outcomes) != times || s.Failed != 0 || s.Bytes != int64(1000*times) ||
		int(asked.Load()) != times {
		t.Errorf("told of %d, asked %d: %d failed, %v", told, asked.Load(), s.Failed, err)
	}
	if most.Load() > 64 || most.Load() < 2 {
		t.Errorf("%d were under way together", most.Load())
	}
	if used := c.Store().Stats().MemoryUsed; used > budget {
		t.Errorf("%d bytes are used", used)
	}
}

func TestRepeatIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, m := setUp(t, capture.Options{}, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	s, err := repeat.Run(ctx, c, repeat.Plan{Message: m, Times: 5000, Delay: time.Hour}, nil)
	if err == nil || len(s.Outcomes) != 1 || s.Outcomes[0].Failure != flow.FailureClientGone {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestPlansBeyondTheirBounds(t *testing.T) {
	for _, p := range []repeat.Plan{{}, {Times: repeat.MaxTimes + 1}, {Times: 1, Parallel: repeat.MaxParallel + 1}, {Times: -1},
		{Times: 1, Delay: -1}, {Values: &repeat.Values{}}} {
		if _, err := repeat.Run(t.Context(), nil, p, nil); err != repeat.ErrPlan {
			t.Errorf("%+v: %v", p, err)
		}
	}
	for name, text := range map[string]string{"empty": "", "broken": "a,b\n1,\"2\n", "uneven": "a,b\n1\n",
		"rows": "a\n" + strings.Repeat("1\n", repeat.MaxRows+1), "columns": strings.Repeat("a,", repeat.MaxColumns) + "a\n",
		"large": "a\n" + strings.Repeat("x", repeat.MaxCSV)} {
		if _, err := repeat.ParseValues(strings.NewReader(text)); err == nil {
			t.Errorf("%s: it was taken", name)
		} else if _, explained := err.(flow.Explained); !explained {
			t.Errorf("%s: %v has no words", name, err)
		}
	}
}
