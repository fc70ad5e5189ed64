package gnome

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/app/desktop/sysproxy/backend/backendtest"
)

func TestGVariantText(t *testing.T) {
	for text, want := range map[string][]string{
		"['localhost', '127.0.0.0/8']": {"localhost", "127.0.0.0/8"},
		`["it's", 'a\'b', 'c\\d']`:     {"it's", "a'b", `c\d`},
		"@as []":                       nil,
		"['unfinished":                 {"unfinished"},
		"":                             nil,
	} {
		if got := gvStrings(text); !slices.Equal(got, want) {
			t.Errorf("%s: %q", text, got)
		}
	}
	for _, list := range [][]string{nil, {`a'b\c"`, ""}} {
		if got := gvStrings(gvQuoteAll(list)); !slices.Equal(got, list) {
			t.Errorf("%q became %q", list, got)
		}
	}
}

func TestGnomePlan(t *testing.T) {
	v := backend.Values{}
	for key := range gnomeKeys {
		v[key] = backend.Value{Text: "''", Set: false}
	}
	v["mode"], v["ignore-hosts"] = backend.Value{Text: "'none'", Set: false},
		backend.Value{Text: "['localhost', '127.0.0.0/8', '::1']", Set: false}
	g := &gnome{}
	changes := g.Plan(v, "127.0.0.1:9876")
	if got := backendtest.Keys(changes); !slices.Equal(got, []string{"http.host", "http.port", "https.host", "https.port", "mode"}) {
		t.Errorf("without need: %v", got)
	}
	on := v.With(changes)
	if s := g.Summary(on); s.HTTP != "127.0.0.1:9876" || s.Mode != backend.ModeManual {
		t.Errorf("%+v", s)
	}
	if s := g.Summary(g.Off(on, backend.OwnAddress("127.0.0.1:9876"))); s.Mode != backend.ModeNone {
		t.Errorf("ourselves as the previous state: %+v", s)
	}
	v["socks.host"] = backend.Value{Text: "'old'", Set: true}
	if got := backendtest.Keys(g.Plan(v, "127.0.0.1:9876")); !slices.Contains(got, "socks.host") {
		t.Errorf("a forgotten SOCKS proxy would come into force: %v", got)
	}
	v["mode"] = backend.Value{Text: "'manual'", Set: true}
	if got := backendtest.Keys(g.Plan(v, "127.0.0.1:9876")); slices.Contains(got, "socks.host") {
		t.Errorf("a SOCKS proxy in force is taken away: %v", got)
	}
}

// testdata/dconf.user was written by dconf 0.40 for: mode, http/host, and a key
// of another path.
func TestGVDBKeys(t *testing.T) {
	text, err := os.ReadFile("testdata/dconf.user")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := gvdbKeys(text)
	if err != nil || len(keys) != 3 || !keys["/system/proxy/mode"] || !keys["/system/proxy/http/host"] ||
		!keys["/org/gnome/desktop/interface/clock-show-date"] {
		t.Errorf("%v, %v", keys, err)
	}
	if _, err := gvdbKeys([]byte("raVGtnai and more of the other byte order")); err == nil {
		t.Error("the other byte order is read as if it were ours")
	}
}

func FuzzGVDBKeys(f *testing.F) {
	text, err := os.ReadFile("testdata/dconf.user")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := gvdbKeys(text)
		if err != nil && keys != nil {
			t.Error("keys and an error")
		}
	})
}

// A password is told to who asks for it, and gets into no journal.
func TestGnomeLogin(t *testing.T) {
	said := "org.gnome.system.proxy mode 'manual'\n"
	for key := range gnomeKeys {
		part, name, ok := strings.Cut(key, ".")
		switch {
		case !ok && key != "mode":
			said += gnomeSchema + " " + key + " ''\n"
		case name == "host":
			said += gnomeSchema + "." + part + " host '10.1.1.1'\n"
		case name == "port":
			said += gnomeSchema + "." + part + " port 3128\n"
		}
	}
	login := gnomeSchema + ".http authentication-user 'jo@corp'\n" + gnomeSchema + ".http authentication-password 'a:b'\n" + gnomeSchema +
		".http use-authentication "
	for use, want := range map[string]string{"true": "jo%40corp:a%3Ab", "false": ""} {
		g := &gnome{func(context.Context, string, ...string) (string, error) { return said + login + use + "\n", nil }}
		snap, err := g.Read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got := snap.Summary(g).Login.String(); got != want {
			t.Errorf("%s: %q, want %q", use, got, want)
		}
		text, err := json.Marshal(backend.Section{Backend: "gnome", Before: snap.Values, Login: snap.Login})
		if err != nil || strings.Contains(string(text), "a:b") {
			t.Errorf("the journal has %s, %v", text, err)
		}
	}
}
