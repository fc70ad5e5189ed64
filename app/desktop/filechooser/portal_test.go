//go:build unix && !darwin

package filechooser

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"

	ours "posthouse/app/desktop/dbus"
	"posthouse/app/desktop/dbus/dbustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// portalDouble is a portal that answers as a test wants it.
type portalDouble struct {
	conn   *dbus.Conn
	answer func(p *portalDouble, handle dbus.ObjectPath) // called before the handle is given back
	silent bool                                          // it gives no handle back
	odd    bool                                          // it gives another back

	mu      sync.Mutex
	asked   string // the method
	parent  string
	title   string
	options map[string]dbus.Variant
	handle  dbus.ObjectPath
	begun   chan struct{}
	closed  chan struct{}
	release chan struct{}
	stop    func() // ends the bus
}

// servePortal puts one on a bus, with something that shows dialogs where shows is set.
func servePortal(t *testing.T, shows bool, answer func(*portalDouble, dbus.ObjectPath)) *portalDouble {
	t.Helper()
	stop := dbustest.Start(t)
	p := &portalDouble{answer: answer, begun: make(chan struct{}, 4), closed: make(chan struct{}, 1),
		release: make(chan struct{}), stop: stop}
	t.Cleanup(func() { close(p.release) })
	p.conn = dbustest.Serve(t, portal, chooserFace, p)
	if err := p.conn.Export(versions{}, portalPath, "org.freedesktop.DBus.Properties"); err != nil {
		t.Fatal(err)
	}
	if err := p.conn.ExportSubtree(p, portalPath+"/request", requestFace); err != nil {
		t.Fatal(err)
	}
	if shows {
		if _, err := p.conn.RequestName(shower+"desktop.test", dbus.NameFlagDoNotQueue); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// become changes what it does.
func (p *portalDouble) become(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

type versions struct{}

func (versions) Get(face, name string) (dbus.Variant, *dbus.Error) {
	if face != chooserFace || name != "version" {
		return dbus.Variant{}, dbus.MakeFailedError(errors.New("there is no such property"))
	}
	return dbus.MakeVariant(uint32(4)), nil
}

func (p *portalDouble) begin(sender dbus.Sender, method, parent, title string, options map[string]dbus.Variant) (dbus.ObjectPath,
	*dbus.Error) {
	token, _ := options["handle_token"].Value().(string)
	from := strings.ReplaceAll(strings.TrimPrefix(string(sender), ":"), ".", "_")
	handle := dbus.ObjectPath(portalPath + "/request/" + from + "/" + token)
	p.mu.Lock()
	p.asked, p.parent, p.title, p.options, p.handle = method, parent, title, options, handle
	silent, answer, odd := p.silent, p.answer, p.odd
	p.mu.Unlock()
	p.begun <- struct{}{}
	if silent {
		<-p.release
	}
	if answer != nil {
		answer(p, handle)
	}
	if odd {
		return "/elsewhere", nil
	}
	return handle, nil
}

// OpenFile is the portal's method.
func (p *portalDouble) OpenFile(sender dbus.Sender, parent, title string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	return p.begin(sender, "OpenFile", parent, title, options)
}

// SaveFile is the portal's method.
func (p *portalDouble) SaveFile(sender dbus.Sender, parent, title string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	return p.begin(sender, "SaveFile", parent, title, options)
}

// Close is the method of a request.
func (p *portalDouble) Close() *dbus.Error {
	p.closed <- struct{}{}
	return nil
}

func (p *portalDouble) respond(handle dbus.ObjectPath, body ...any) {
	_ = p.conn.Emit(handle, requestFace+".Response", body...)
}

// chosen answers with URIs.
func chosen(uris ...string) func(*portalDouble, dbus.ObjectPath) {
	return says(uint32(0), map[string]dbus.Variant{"uris": dbus.MakeVariant(uris)})
}

func says(body ...any) func(*portalDouble, dbus.ObjectPath) {
	return func(p *portalDouble, handle dbus.ObjectPath) { p.respond(handle, body...) }
}

// quick bounds what a test waits for; a person is never that quick here.
var quick = patience{answer: 2 * time.Second, shower: 50 * time.Millisecond, person: time.Hour}

func TestThePortalAnswers(t *testing.T) {
	status := func(n uint32) func(*portalDouble, dbus.ObjectPath) { return says(n, map[string]dbus.Variant{}) }
	uris := func(v any) func(*portalDouble, dbus.ObjectPath) {
		return says(uint32(0), map[string]dbus.Variant{"uris": dbus.MakeVariant(v)})
	}
	several, save := Request{Several: true}, Request{Save: true}
	for name, c := range map[string]struct {
		request Request
		answer  func(*portalDouble, dbus.ObjectPath)
		want    []string
		err     error
	}{
		"one":              {Request{}, chosen("file:///tmp/a.har"), []string{"/tmp/a.har"}, nil},
		"two":              {several, chosen("file:///tmp/a", "file:///tmp/b"), []string{"/tmp/a", "/tmp/b"}, nil},
		"escaped":          {save, chosen("file:///tmp/a%20b%25c%2Bd+e%C3%A9%23%3F"), []string{"/tmp/a b%c+d+eé#?"}, nil},
		"not UTF-8":        {save, chosen("file:///tmp/%ff%FE"), []string{"/tmp/\xff\xfe"}, nil},
		"this computer":    {save, chosen("file://localhost/tmp/a"), []string{"/tmp/a"}, nil},
		"unclean":          {save, chosen("file:///tmp/x/../a//b/."), []string{"/tmp/a/b"}, nil},
		"cancelled":        {save, status(1), nil, ErrLeft},
		"failed":           {save, status(2), nil, ErrNone},
		"an odd status":    {save, status(77), nil, ErrNone},
		"no status":        {save, says("0", map[string]dbus.Variant{}), nil, ErrNone},
		"no results":       {save, says(uint32(0), "x"), nil, ErrNone},
		"nothing":          {save, says(), nil, ErrNone},
		"too much":         {save, says(uint32(0), map[string]dbus.Variant{}, true), nil, ErrNone},
		"no URIs":          {save, status(0), nil, ErrNone},
		"an empty list":    {save, chosen(), nil, ErrNone},
		"numbers":          {save, uris([]int32{1, 2}), nil, ErrNone},
		"a text":           {save, uris("file:///tmp/a"), nil, ErrNone},
		"two for one":      {save, chosen("file:///tmp/a", "file:///tmp/b"), nil, ErrNone},
		"too many":         {several, chosen(slices.Repeat([]string{"file:///a"}, maxPaths+1)...), nil, ErrNone},
		"a NUL":            {save, chosen("file:///tmp/a%00b"), nil, ErrElsewhere},
		"bad escapes":      {save, chosen("file:///tmp/%zz"), nil, ErrElsewhere},
		"half an escape":   {save, chosen("file:///tmp/%a"), nil, ErrElsewhere},
		"another computer": {save, chosen("file://host/tmp/a"), nil, ErrElsewhere},
		"like this one":    {save, chosen("file://localhost.example/tmp/a"), nil, ErrElsewhere},
		"another scheme":   {save, chosen("sftp://host/tmp/a"), nil, ErrElsewhere},
		"a path":           {save, chosen("/tmp/a"), nil, ErrElsewhere},
		"a query":          {save, chosen("file:///tmp/a?b"), nil, ErrElsewhere},
		"a fragment":       {save, chosen("file:///tmp/a#b"), nil, ErrElsewhere},
		"relative":         {save, chosen("file:tmp/a"), nil, ErrElsewhere},
		"long":             {save, chosen("file:///" + strings.Repeat("a", maxPath+1)), nil, ErrElsewhere},
		"one bad of two":   {several, chosen("file:///tmp/a", "http://x/"), nil, ErrElsewhere},
	} {
		t.Run(name, func(t *testing.T) {
			servePortal(t, true, c.answer)
			paths, err := chooseWith(t.Context(), c.request, quick)
			if !slices.Equal(paths, c.want) || !errors.Is(err, c.err) {
				t.Errorf("%q, %v; want %q, %v", paths, err, c.want, c.err)
			}
		})
	}
}

func chooseWith(ctx context.Context, r Request, p patience) ([]string, error) {
	return choosing(ctx, r, func(ctx context.Context, r *Request) ([]string, error) { return ask(ctx, r, p) })
}

// What the portal is asked for, in its own terms.
func TestThePortalIsAsked(t *testing.T) {
	p := servePortal(t, true, chosen("file:///tmp/a"))
	r := Request{Window: 0x2a, Title: "Title\xff\x00", Save: true, Name: "../../etc/a\x00b.har", Folder: "/tmp/\xff", Kinds: []Kind{
		{Name: "HTTP Archive", Extensions: []string{"har"}}, {Name: "All files"}}}
	if _, err := chooseWith(t.Context(), r, quick); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	filters := []filter{{"HTTP Archive", []rule{{0, "*.har"}, {0, "*.HAR"}}}, {"All files", []rule{{0, "*"}}}}
	want := map[string]dbus.Variant{"modal": dbus.MakeVariant(true), "current_name": dbus.MakeVariant("a\ufffdb.har"),
		"current_folder": dbus.MakeVariant([]byte("/tmp/\xff\x00"))}
	var got []filter
	if err := p.options["filters"].Store(&got); err != nil || !reflect.DeepEqual(got, filters) {
		t.Errorf("the filters are %v: %v", got, err)
	}
	_, sent := method(&r, "")
	if sent["filters"].Signature().String() != "a(sa(us))" || sent["current_folder"].Signature().String() != "ay" {
		t.Errorf("their types are %v", sent)
	}
	if p.asked != "SaveFile" || p.parent != "x11:2a" || p.title != "Title\ufffd\ufffd" || len(p.options) != len(want)+2 {
		t.Errorf("%s for %q, %q: %v", p.asked, p.parent, p.title, p.options)
	}
	for key, value := range want {
		if p.options[key].String() != value.String() {
			t.Errorf("%s is %v, want %v", key, p.options[key], value)
		}
	}
}

func TestThePortalIsAskedForSeveral(t *testing.T) {
	p := servePortal(t, true, chosen("file:///tmp/a", "file:///tmp/b"))
	if _, err := chooseWith(t.Context(), Request{Title: "Open", Several: true}, quick); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked != "OpenFile" || p.parent != "" || p.options["multiple"].Value() != true || p.options["current_name"].Value() != nil {
		t.Errorf("%s for %q: %v", p.asked, p.parent, p.options)
	}
}

// A person takes longer than the portal needs to show that it can, and may close the window.
func TestThePortalAnswersLate(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*portalDouble, dbus.ObjectPath)
		err    error
	}{"chosen": {chosen("file:///tmp/a"), nil}, "window closed": {says(uint32(2), map[string]dbus.Variant{}), ErrLeft}} {
		t.Run(name, func(t *testing.T) {
			p := servePortal(t, true, nil)
			go func() {
				<-p.begun
				<-time.After(4 * quick.shower) // a person
				p.mu.Lock()
				defer p.mu.Unlock()
				c.answer(p, p.handle)
			}()
			patient := quick
			patient.person = quick.shower
			if paths, err := chooseWith(t.Context(), Request{}, patient); !errors.Is(err, c.err) || (err == nil) != (len(paths) == 1) {
				t.Errorf("%q, %v", paths, err)
			}
		})
	}
}

// Where nothing will be seen, another dialog has to do.
func TestAPortalThatCannotAsk(t *testing.T) {
	request := Request{Save: true}
	expect := func(t *testing.T, limit time.Duration, p patience) {
		t.Helper()
		begun := time.Now()
		if paths, err := chooseWith(t.Context(), request, p); !errors.Is(err, ErrNone) {
			t.Errorf("%q, %v", paths, err)
		}
		if took := time.Since(begun); took > limit {
			t.Errorf("it took %v", took)
		}
	}
	t.Run("no bus", func(t *testing.T) {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", ours.Nowhere)
		expect(t, 5*time.Second, quick)
	})
	t.Run("no portal", func(t *testing.T) {
		dbustest.Start(t)
		expect(t, 5*time.Second, quick)
	})
	t.Run("a portal without file dialogs", func(t *testing.T) {
		dbustest.Start(t)
		dbustest.Serve(t, portal, "org.freedesktop.portal.Screenshot", versions{})
		expect(t, 5*time.Second, quick)
	})
	t.Run("nothing shows it", func(t *testing.T) {
		servePortal(t, false, nil)
		expect(t, 10*time.Second, quick)
	})
	t.Run("it hangs", func(t *testing.T) {
		p := servePortal(t, true, nil)
		p.become(func() { p.silent = true })
		short := quick
		short.answer = 300 * time.Millisecond
		expect(t, 10*time.Second, short)
	})
	t.Run("it answers for another request", func(t *testing.T) {
		p := servePortal(t, true, nil)
		p.become(func() { p.odd = true })
		expect(t, 5*time.Second, quick)
	})
	t.Run("it vanishes", func(t *testing.T) {
		p := servePortal(t, true, nil)
		go func() {
			<-p.begun
			_, _ = p.conn.ReleaseName(portalName)
		}()
		expect(t, 10*time.Second, quick)
	})
	t.Run("the bus vanishes", func(t *testing.T) {
		p := servePortal(t, true, nil)
		go func() {
			<-p.begun
			p.stop()
		}()
		expect(t, 10*time.Second, quick)
	})
}

// Only the portal answers for the portal.
func TestAnAnswerOfSomebodyElse(t *testing.T) {
	p := servePortal(t, true, nil)
	stranger, err := ours.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Close() }()
	go func() {
		<-p.begun
		p.mu.Lock()
		defer p.mu.Unlock()
		body := map[string]dbus.Variant{"uris": dbus.MakeVariant([]string{"file:///home/other"})}
		_ = stranger.Emit(p.handle, requestFace+".Response", uint32(0), body)
		_ = stranger.Object(portalName, portalPath).Call("org.freedesktop.DBus.Peer.Ping", 0).Err // it was delivered
		_ = p.conn.Emit(p.handle+"0", requestFace+".Response", uint32(0), body)                   // nor that of another question
		p.respond(p.handle, uint32(0), map[string]dbus.Variant{"uris": dbus.MakeVariant([]string{"file:///tmp/a"})})
	}()
	if paths, err := chooseWith(t.Context(), Request{}, quick); err != nil || !slices.Equal(paths, []string{"/tmp/a"}) {
		t.Errorf("%q, %v", paths, err)
	}
}

// A question that is called off takes its dialog with it.
func TestAQuestionIsCalledOff(t *testing.T) {
	p := servePortal(t, true, nil)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-p.begun
		cancel()
	}()
	if paths, err := chooseWith(ctx, Request{}, quick); !errors.Is(err, context.Canceled) {
		t.Errorf("%q, %v", paths, err)
	}
	select {
	case <-p.closed:
	case <-time.After(10 * time.Second):
		t.Error("the portal was not told")
	}
	if _, err := Choose(ctx, Request{}); !errors.Is(err, context.Canceled) {
		t.Errorf("asked when it is over: %v", err)
	}
}

func FuzzPathOf(f *testing.F) {
	for _, uri := range []string{"file:///tmp/a%20b", "file://localhost/%ff", "file:///%00", "file:////", "file:///..%2f..", "file:///%"} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		path, err := pathOf(uri)
		if err != nil {
			return
		}
		paths, err := checked([]string{path}, &Request{})
		if err != nil {
			return
		}
		if strings.ContainsRune(paths[0], 0) || !strings.HasPrefix(paths[0], "/") || strings.Contains(paths[0]+"/", "/../") {
			t.Errorf("%q is %q", uri, paths[0])
		}
	})
}
