//go:build unix

package clientcheck

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"posthouse/app/clients/internal/host"
	"posthouse/app/clients/internal/host/hosttest"
	"posthouse/app/desktop/sysproxy"
	"posthouse/proxy/ca"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/reason"
)

func TestAClientThatTrustsAndOneThatDoesNot(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.fake("curl", "trusts")
	r := b.run()["curl"]
	if r.State != Trusted || !r.Good() || r.Version != "99.1" || r.Path != b.At("/usr/bin/curl") || len(r.means(ForTrust)) != 0 {
		t.Errorf("%+v", r)
	}
	b.fake("curl", "refuses")
	r = b.run()["curl"]
	if r.State != Untrusted || reason.English(r.Seen) != "alert bad_certificate" || !strings.Contains(r.Said, "unknown authority") {
		t.Errorf("%+v", r)
	}
	if got := r.means(ForTrust); !slices.Equal(got, []Means{InstallSystem, SetVariable}) {
		t.Errorf("remedies %v", got)
	}
	if want := "export CURL_CA_BUNDLE=" + filepath.Join(b.dir, "bundle.pem"); r.Remedies[1].Command != want {
		t.Errorf("remedy %q", r.Remedies[1].Command)
	}
	if strings.Contains(r.Said, ".check.posthouse") {
		t.Errorf("it shows the name of the try: %q", r.Said)
	}
}

// Where the system trusts the CA already, installing it there once more is no remedy.
func TestOnlyWhatMendsIsOffered(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.roots.AddCert(b.ca.Certificate())
	b.fake("curl", "refuses")
	all := b.run()
	if r := all["system"]; r.State != Trusted {
		t.Errorf("%+v", r)
	}
	r := all["curl"]
	if got := r.means(ForTrust); !slices.Equal(got, []Means{SetVariable}) {
		t.Errorf("remedies %v", got)
	}
}

func TestClientsThatCannotBeTried(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.limit = 3 * time.Second
	for name, part := range map[string]string{"curl": "hangs", "wget": "lost"} {
		b.fake(name, part)
	}
	b.Program("/usr/bin/git", "not a program")
	all := b.run()
	if r := all["curl"]; r.State != Untested || r.Reason != ReasonTimeout {
		t.Errorf("one that hangs: %+v", r)
	}
	if r := all["wget"]; r.State != Elsewhere || r.Said != "curl: (6) could not resolve host" {
		t.Errorf("one that goes elsewhere: %+v", r)
	}
	if r := all["git"]; r.State != Untested || r.Reason != ReasonStart || r.Said == "" {
		t.Errorf("one that does not start: %+v", r)
	}
	for _, id := range []string{"node", "python", "requests", "java", "go", "chrome", "firefox"} {
		if r := all[id]; r.State != Missing {
			t.Errorf("one that is not there: %+v", r)
		}
	}
}

func TestOutputIsBounded(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.fake("curl", "floods")
	r := b.run("curl")["curl"]
	if r.State != Untrusted || len(r.Said) > maxSaid+len("…") || strings.ContainsRune(r.Said, '\x1b') {
		t.Errorf("%d bytes, %+v", len(r.Said), r)
	}
	if out := run(context.Background(), command{path: b.At("/usr/bin/curl"), args: []string{"https://127.0.0.1:1/"}, env: b.Env},
		time.Minute, nil); len(out.stderr) > host.MaxOutput {
		t.Errorf("%d bytes are kept", len(out.stderr))
	}
}

// What a client leaves behind is killed with it.
func TestNothingIsLeftRunning(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.fake("curl", "leaves")
	pidFile := filepath.Join(t.TempDir(), "pid")
	b.Env = append(b.Env, "FAKE_PID="+pidFile)
	start := time.Now()
	if r := b.run("curl")["curl"]; r.State != Trusted {
		t.Errorf("%+v", r)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := strconv.Atoi(string(text))
	eventually.Holds(t, "the process has ended", func() bool { return !hosttest.Running(pid) })
}

func TestACheckIsCalledOff(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.fake("curl", "hangs")
	b.fake("wget", "hangs")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	last := map[string]Result{}
	c := b.checkup()
	err := c.Run(ctx, []string{"curl", "wget"}, func(r Result) {
		if last[r.ID] = r; r.State == Trying {
			time.AfterFunc(100*time.Millisecond, cancel)
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}
	for id, r := range last {
		if r.State != Untested || r.Reason != ReasonCancelled {
			t.Errorf("%s: %+v", id, r)
		}
	}
	if _, err := os.Stat(c.temp); !os.IsNotExist(err) {
		t.Errorf("its folder is still there: %v", err)
	}
}

func TestFewAreTriedAtOnce(t *testing.T) {
	b := newBench(t, ca.Options{})
	for _, name := range []string{"curl", "wget", "git", "node"} {
		b.fake(name, "lost")
	}
	now, most, told := map[string]bool{}, 0, 0
	err := b.checkup().Run(context.Background(), nil, func(r Result) {
		told++
		if r.State == Trying {
			now[r.ID] = true
		} else {
			delete(now, r.ID)
		}
		most = max(most, len(now))
	})
	if err != nil || most != defaultParallel {
		t.Errorf("%d at once, %v", most, err)
	}
	if told < 10 {
		t.Errorf("progress was told %d times", told)
	}
}

// As it is set up: no proxy, this one, another one on this computer, and
// one elsewhere, which must not even be tried.
func TestTheRouteThatIsSetUp(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := other.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
			_ = conn.Close()
		}
	}()
	defer other.Close()
	for _, c := range []struct {
		proxy string
		want  Route
		via   string
		runs  int // how often it was run: for its version, told, and as it is
	}{
		{"", RouteDirect, "", 3},
		{"this", RouteThrough, "", 3},
		{"http://" + other.Addr().String(), RouteOther, other.Addr().String() + " (https_proxy)", 2},
		{"http://user:secret@192.0.2.7:3128", RouteOther, "192.0.2.7:3128 (https_proxy)", 2},
	} {
		b := newBench(t, ca.Options{})
		b.fake("curl", "trusts")
		log := filepath.Join(t.TempDir(), "log")
		if c.proxy == "this" {
			c.proxy = "http://" + b.proxy.Addr()
		}
		b.Env = append(b.Env, "FAKE_LOG="+log, "https_proxy="+c.proxy)
		r := b.run("curl")["curl"]
		if r.State != Trusted || r.Route != c.want || r.Via != c.via {
			t.Errorf("%q: %+v", c.proxy, r)
		}
		if got := len(r.means(ForRoute)) > 0; got != (c.want != RouteThrough) {
			t.Errorf("%q: remedies %+v", c.proxy, r.Remedies)
		}
		text, _ := os.ReadFile(log)
		if got := strings.Count(string(text), "\n"); got != c.runs {
			t.Errorf("%q: it was run %d times:\n%s", c.proxy, got, text)
		}
	}
}

// curl's own file counts for certificates and proxies, and may not name files to write.
func TestCurlsFileIsReadNotObeyed(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.fake("curl", "trusts")
	log, written := filepath.Join(t.TempDir(), "log"), filepath.Join(b.Home, "written")
	rc := "# mine\ncacert = \"/some/where \\\"else\\\".pem\"\noutput=" + written + "\n-x 192.0.2.1:8080\n"
	if err := os.WriteFile(filepath.Join(b.Home, ".curlrc"), []byte(rc), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Env = append(b.Env, "FAKE_LOG="+log)
	r := b.run("curl")["curl"]
	if r.State != Trusted || r.Route != RouteOther || r.Via != "192.0.2.1:8080 (.curlrc)" {
		t.Errorf("%+v", r)
	}
	text, _ := os.ReadFile(log)
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "-q ") {
			t.Errorf("run with its file: %s", line)
		}
	}
	if !strings.Contains(string(text), `--cacert /some/where "else".pem`) || strings.Contains(string(text), "output") {
		t.Errorf("run as\n%s", text)
	}
	if left, _ := os.ReadDir(b.Home); len(left) != 1 {
		t.Errorf("the home folder has %v", left)
	}
}

func TestNoAuthorityIsSaidFirst(t *testing.T) {
	b := newBench(t, ca.Options{})
	if err := ca.Remove(b.dir); err != nil {
		t.Fatal(err)
	}
	err := b.checkup().Run(context.Background(), nil, func(r Result) { t.Errorf("told of %+v", r) })
	if !errors.Is(err, ErrNoAuthority) {
		t.Errorf("Run returned %v", err)
	}
}

// An authority that was just replaced is the one that counts.
func TestTheAuthorityWasReplaced(t *testing.T) {
	b := newBench(t, ca.Options{})
	b.fake("curl", "trusts")
	if r := b.run("curl")["curl"]; r.State != Trusted {
		t.Fatalf("before: %+v", r)
	}
	if _, err := ca.Replace(b.dir, ca.Options{}); err != nil {
		t.Fatal(err)
	}
	if r := b.run("curl")["curl"]; r.State != Untrusted {
		t.Errorf("after, for a client that trusts the old one: %+v", r)
	}
}

// An authority for certain domains alone signs for a name below the first of them.
func TestALimitedAuthority(t *testing.T) {
	b := newBench(t, ca.Options{PermittedDomains: []string{"corp.example"}})
	b.fake("curl", "trusts")
	b.Env = append(b.Env, "https_proxy=http://"+b.proxy.Addr())
	if r := b.run("curl")["curl"]; r.State != Trusted || r.Route != RouteThrough {
		t.Errorf("%+v", r)
	}
	if row := b.proxy.Finished(1); !strings.HasSuffix(row.Host, ".posthouse-check.corp.example:443") {
		t.Errorf("it was asked for %s", row.Host)
	}
}

func TestTheDesktopsProxy(t *testing.T) {
	b := newBench(t, ca.Options{})
	for _, c := range []struct {
		desk sysproxy.Summary
		want Route
		via  string
	}{
		{sysproxy.Summary{Mode: sysproxy.ModeNone}, RouteDirect, ""},
		{sysproxy.Summary{Mode: sysproxy.ModeManual, HTTPS: b.proxy.Addr()}, RouteThrough, ""},
		{sysproxy.Summary{Mode: sysproxy.ModeManual, HTTPS: "192.0.2.1:80", Backend: "gnome"}, RouteOther, "192.0.2.1:80 (gnome)"},
		{sysproxy.Summary{Mode: sysproxy.ModePAC, PAC: "http://pac.example/p"}, RouteOther, "PAC http://pac.example/p"},
	} {
		b.desks = []sysproxy.Summary{c.desk}
		b.Env = append(b.Env, "XDG_CURRENT_DESKTOP=GNOME")
		if r := b.run("system")["system"]; r.State != Untrusted || r.Route != c.want || r.Via != c.via {
			t.Errorf("%+v: %+v", c.desk, r)
		}
	}
}

// fake puts a client into PATH that plays a part.
func (b *bench) fake(name, part string) {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	b.Program("/usr/bin/"+name, "#!/bin/sh\nFAKE="+part+" exec '"+self+"' \"$@\"\n")
}

// run tries the clients and gives what was found, by ID.
func (b *bench) run(ids ...string) map[string]Result {
	b.t.Helper()
	all := map[string]Result{}
	if err := b.checkup().Run(context.Background(), ids, func(r Result) { all[r.ID] = r }); err != nil {
		b.t.Fatal(err)
	}
	return all
}

// means are the remedies' means.
func (r *Result) means(what For) (all []Means) {
	for _, one := range r.Remedies {
		if one.For == what {
			all = append(all, one.Means)
		}
	}
	return all
}

// What a program said is shown in one line, and a terminal that shows it does nothing.
func TestWhatIsSaidIsSafeToShow(t *testing.T) {
	if got := clipped(" a\x1b[2J\n b\u009b\x7f\u202e\xff é 中 "); got != "a\ufffd[2J b\ufffd\ufffd\ufffd\ufffd é 中" {
		t.Errorf("%q", got)
	}
}
