package groups

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"posthouse/app/compose"
	"posthouse/app/repeat"
	"posthouse/proxy/content/jsonquery"
	"posthouse/proxy/reason"
)

// request is one for a URL, with a body.
func request(t *testing.T, url, body string) *compose.Draft {
	t.Helper()
	d := compose.New()
	if err := d.SetURL(url); err != nil {
		t.Fatal(err)
	}
	if err := d.SetBytes([]byte(body)); err != nil {
		t.Fatal(err)
	}
	return d
}

// login is a group whose first answer gives what the others use.
func login(t *testing.T) *Group {
	t.Helper()
	g := New(request(t, "http://a.test/login", `{"user":"u{{n}}"}`), request(t, "http://a.test/users/{{id}}?t={{token}}", ""),
		request(t, "http://a.test/{{id}}/{{late}}", "{{ none }} {{1}} {{a b}} {{{id}}}"))
	g.Steps[0].Takes = []repeat.Take{{Name: "token", At: "$.token"}, {Name: "id", From: repeat.FromCookie, At: "sid"}}
	g.Steps[2].Takes = []repeat.Take{{Name: "late", From: repeat.FromField, At: "ETag"}}
	return g
}

func TestUsesSayWhatIsKnown(t *testing.T) {
	g := login(t)
	for i, want := range [][]Use{{{Name: "n", Own: true}}, {{Name: "id", From: 1}, {Name: "token", From: 1}},
		{{Name: "id", From: 1}, {Name: "late", Later: 3}, {Name: "none"}}} {
		if got := g.Uses(i); !reflect.DeepEqual(got, want) {
			t.Errorf("request %d uses %+v, not %+v", i+1, got, want)
		}
	}
	if g.Move(0, 3) != 2 || g.Steps[2].Takes[0].Name != "token" {
		t.Errorf("it was not moved: %+v", g.Steps)
	}
	if got := g.Uses(0); !reflect.DeepEqual(got, []Use{{Name: "id", Later: 3}, {Name: "token", Later: 3}}) {
		t.Errorf("moved before what gives its values, it uses %+v", got)
	}
	if g.Move(5, 0) != 5 || g.Move(0, 4) != 0 {
		t.Error("a step that is not there was moved")
	}
	_ = g.Steps[0].Draft.SetURL("http://a.test/{{other}}")
	g.Steps[0].Look()
	if got := g.Uses(0); len(got) != 1 || got[0].Name != "other" {
		t.Errorf("after a change it uses %+v", got)
	}
}

// What is read from a file goes as it is: no name is looked for in it.
func TestFilesUseNoNames(t *testing.T) {
	d := request(t, "http://a.test/", "{{a}}")
	d.SetMode(compose.File)
	if g := New(d); len(g.Uses(0)) != 0 {
		t.Errorf("it uses %+v", g.Uses(0))
	}
	d = request(t, "http://a.test/", "")
	d.SetMode(compose.InParts)
	p := d.Body.Parts.Add()
	_, _ = p.SetName("p"), p.SetValue("{{a}}")
	if g := New(d); len(g.Uses(0)) != 1 {
		t.Errorf("it uses %+v", g.Uses(0))
	}
}

func TestValuesAreCheckedWhenTyped(t *testing.T) {
	for name, c := range map[string]struct {
		take repeat.Take
		good bool
	}{
		"path": {repeat.Take{Name: "a", At: "$.a[0]"}, true}, "jq": {repeat.Take{Name: "a_b-1.c", At: ".a|first"}, true},
		"field": {repeat.Take{Name: "a", From: repeat.FromField, At: "X-A"}, true},
		"own":   {repeat.Take{Name: "uuid", At: "$.a"}, false}, "digit": {repeat.Take{Name: "1a", At: "$.a"}, false},
		"space": {repeat.Take{Name: "a b", At: "$.a"}, false}, "long": {repeat.Take{Name: strings.Repeat("a", 65), At: "$.a"}, false},
		"nowhere": {repeat.Take{Name: "a", At: " "}, false}, "no path": {repeat.Take{Name: "a", At: "$["}, false},
		"no field":  {repeat.Take{Name: "a", From: repeat.FromField, At: "X A"}, false},
		"no cookie": {repeat.Take{Name: "a", From: repeat.FromCookie, At: "a=b"}, false},
	} {
		s := &Step{Takes: []repeat.Take{{Name: "fine", At: "$"}, c.take}}
		at, err := s.CheckTakes()
		var why *reason.Error
		var path *jsonquery.Error
		if (err == nil) != c.good || err != nil && (at != 1 || !errors.As(err, &why) && !errors.As(err, &path)) {
			t.Errorf("%s: value %d: %v", name, at, err)
		}
	}
}

func TestPlansNameTheStepThatIsWrong(t *testing.T) {
	g := login(t)
	plan, files, _, err := g.Plan()
	if err != nil || len(plan.Steps) != 3 || files.Close() != nil ||
		!bytes.HasPrefix(plan.Steps[1].Message.Head, []byte("GET /users/{{id}}?")) {
		t.Fatalf("%+v, %v", plan, err)
	}
	g.Steps[1].Draft.Host = ""
	if _, _, at, err := g.Plan(); err == nil || at != 1 {
		t.Errorf("step %d: %v", at, err)
	}
	g.Steps[0].Takes[1].At = ""
	if _, _, at, err := g.Plan(); err == nil || at != 0 {
		t.Errorf("step %d: %v", at, err)
	}
}

func TestGroupsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "groups.json")
	if k, err := Load(path); err != nil || len(k.Groups) != 0 {
		t.Fatalf("where there is no file: %+v, %v", k, err)
	}
	g := login(t)
	g.Name, g.Times, g.GoOn, g.NewConns = "Log in", 7, true, true
	g.Steps[0].Draft.Timeout = 0
	if left, err := Save(path, &Kept{Groups: []*Group{New(), g}, Selected: 1}); err != nil || len(left) != 0 {
		t.Fatalf("%v, %v", left, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	k, err := Load(path)
	if err != nil || len(k.Groups) != 2 || k.Selected != 1 || len(k.Groups[0].Steps) != 0 {
		t.Fatalf("%+v, %v", k, err)
	}
	got := k.Groups[1]
	for i, s := range got.Steps {
		want := g.Steps[i]
		if s.Draft.URL() != want.Draft.URL() || !bytes.Equal(s.Draft.Body.Bytes, want.Draft.Body.Bytes) ||
			!reflect.DeepEqual(s.Takes, want.Takes) || !bytes.Equal(s.Draft.Head.Raw(), want.Draft.Head.Raw()) ||
			s.Draft.Timeout != want.Draft.Timeout {
			t.Errorf("request %d came back as %+v", i+1, s)
		}
	}
	if got.Name != g.Name || got.Times != 7 || !got.GoOn || !got.NewConns {
		t.Errorf("it came back as %+v", got)
	}
}

// What has no room in the file is named and not in it, and what is in it can be read again.
func TestKeptGroupsAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "groups.json")
	k := &Kept{Selected: 2}
	for range MaxGroups + 2 {
		k.Groups = append(k.Groups, New(request(t, "http://a.test/", "x")))
	}
	large := New(request(t, "http://a.test/large", strings.Repeat("x", MaxKept*3/4)))
	odd := request(t, "http://a.test/odd", "")
	odd.Name = "odd"
	odd.Head = compose.ParseHead([]byte("GET / HTTP/1.1\r\n"+strings.Repeat("a:\r\n", 5000)), nil) // in JSON far more than its bytes
	k.Groups[0], k.Groups[3] = large, New(odd)
	left, err := Save(path, k)
	if err != nil || len(left) != 2 || left[0] != large.Title() {
		t.Errorf("%d had no room, %v", len(left), err)
	}
	got, err := Load(path)
	if err != nil || len(got.Groups) != MaxGroups || got.Selected != 1 || got.Groups[2].Title() != "odd" {
		t.Errorf("%d groups, %d selected, %v", len(got.Groups), got.Selected, err)
	}
	g := New()
	for range MaxSteps + 3 {
		g.Add(compose.New())
	}
	if len(g.Steps) != MaxSteps {
		t.Errorf("%d steps", len(g.Steps))
	}
}

func TestADamagedFileIsSetAside(t *testing.T) {
	for name, text := range map[string]string{"no JSON": "{",
		"version": `{"version":2}`, "no request": `{"version":1,"groups":[{"steps":[{}]}]}`,
		"many":  `{"version":1,"groups":[` + strings.Repeat("{},", MaxGroups) + `{}]}`,
		"steps": `{"version":1,"groups":[{"steps":[` + strings.Repeat(`{"request":{}},`, MaxSteps) + `{"request":{}}]}]}`,
		"large": strings.Repeat(" ", maxFile+1)} {
		path := filepath.Join(t.TempDir(), "groups.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := Load(path)
		var damaged *compose.DamagedError
		if !errors.As(err, &damaged) || len(k.Groups) != 0 || damaged.Aside == "" {
			t.Errorf("%s: %+v, %v", name, k, err)
			continue
		}
		if kept, _ := os.ReadFile(damaged.Aside); string(kept) != text {
			t.Errorf("%s: it is not kept", name)
		}
	}
}
