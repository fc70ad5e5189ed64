package rules

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	codings "posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// bodyRules are the rules of a file, each with response.body.
func bodyRules(t testing.TB, bodies ...string) *Set {
	t.Helper()
	var b strings.Builder
	for _, body := range bodies {
		b.WriteString("[[rule]]\nresponse.body = " + body + "\n")
	}
	return mustLoad(t, b.String())
}

// streamed is what comes of a body that passes in pieces of given sizes, the last one repeated.
func streamed(t testing.TB, w *Rewriting, body string, sizes ...int) string {
	t.Helper()
	var out strings.Builder
	to := func(p []byte) error { out.Write(p); return nil }
	for i := 0; len(body) > 0; i++ {
		n := min(len(body), sizes[min(i, len(sizes)-1)])
		piece := []byte(body[:n])
		if err := w.Write(piece, to); err != nil {
			t.Fatal(err)
		}
		for i := range piece { // what was given is not kept
			piece[i] = '#'
		}
		body = body[n:]
	}
	if err := w.Close(to); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Each rule changes what the one before has left.
func TestBodyRulesInOrder(t *testing.T) {
	set := bodyRules(t, `{ replace = [{ find = "a", with = "b" }, { find = "bb", with = "c" }] }`,
		`{ replace = [{ find = "/c/", with = "dd" }] }`)
	for size := range 5 {
		w := set.Rewriting(set.Rules, false)
		if got := streamed(t, w, "abxab", size+1); got != "ddxdd" || !w.Parts()[0].Changed || !w.Parts()[1].Changed {
			t.Error(got)
		}
	}
}

// Values of JSON are set where they stand; all else stays as it is.
func TestBodyJSON(t *testing.T) {
	for _, c := range []struct{ edits, body, want string }{
		{`path = "$.a", value = "1"`,
			"{ \"z\": 1.0e2,\n \"a\" : [ ], \"b\":\"\\u00e9\" }", "{ \"z\": 1.0e2,\n \"a\" : 1, \"b\":\"\\u00e9\" }"},
		{`path = "$.a.b[1]", value = '{"x": null}'`, `{"a":{"b":[1, 2, 3]}}`, `{"a":{"b":[1, {"x": null}, 3]}}`},
		{`path = "$.a.b[-1]", value = "9"`, `{"a":{"b":[1, 2, 3]}}`, `{"a":{"b":[1, 2, 9]}}`},
		{`path = "$.new", value = "true"`, `{"a":1 }`, `{"a":1,"new":true }`},
		{`path = "$['a\"b']", value = "true"`, `{ }`, `{"a\"b":true }`},
		{`path = "$[2]", value = "true"`, `[1,2 ]`, `[1,2,true ]`},
		{`path = "$[0]", value = "true"`, `[]`, `[true]`},
		{`path = "$[*].p", value = "0"`, `[{"p":1},{"q":2},{"p":3}]`, `[{"p":0},{"q":2,"p":0},{"p":0}]`},
		{`path = "$.a", value = "2"`, `{"a":1,"a":1}`, `{"a":2,"a":2}`},
		{`path = "$", value = "[]"`, " {\"a\":1}\n", " []\n"},
		{`path = "$.a", remove = true`, `{"a":1, "b":2}`, `{"b":2}`},
		{`path = "$.b", remove = true`, `{"a":1, "b":2 }`, `{"a":1 }`},
		{`path = "$.a", remove = true`, `{ "a":1 }`, `{  }`},
		{`path = "$[*]", remove = true`, `[ 1, 2 ,3 ]`, `[  ]`},
		{`path = "$.a", remove = true`, `{"a":1,"a":2,"b":3,"a":4,"c":5}`, `{"b":3,"c":5}`},
		{`path = "$[-1]", remove = true`, `[1,2]`, `[1]`},
		{`path = "$.a", value = "1"}, {path = "$.b", value = "2"`, "\ufeff{\"a\":0}", "\ufeff{\"a\":1,\"b\":2}"},
		{`path = "$.a", value = "1"`, `{"a":1}`, ""},
		{`path = "$.none", remove = true`, `{"a":1}`, ""},
	} {
		set := bodyRules(t, "{ json = [{"+c.edits+"}] }")
		w := set.Rewriting(set.Rules, false)
		got := w.Apply([]byte(c.body))
		if string(got) != c.want || (got == nil) == w.Changed() || !w.Parts()[0].Why.IsZero() {
			t.Errorf("%s in %s: %s, want %s; %+v", c.edits, c.body, got, c.want, w.Parts()[0])
		}
	}
	for _, c := range []struct {
		path, body string
		code       flow.ReasonCode
	}{
		{"$.a", "", reason.RuleJSON}, {"$.a", "{", reason.RuleJSON}, {"$.a", "<a>", reason.RuleJSON},
		{"$.a", `{"a":1}{"a":2}`, reason.RuleJSON},
		{"$.a.b", `{"a":1}`, reason.RuleJSONNone}, {"$[3]", `[1]`, reason.RuleJSONNone}, {"$.a", `[1]`, reason.RuleJSONNone},
		{"$[-3]", `[1]`, reason.RuleJSONNone}, {"$.a", strings.Repeat("[", 100_000), reason.RuleJSON},
	} {
		set := bodyRules(t, `{ json = [{path = "`+c.path+`", value="1"}] }`)
		w := set.Rewriting(set.Rules, false)
		if got := w.Apply([]byte(c.body)); got != nil || w.Parts()[0].Why.Code != c.code || w.Changed() {
			t.Errorf("%s in %.20s: %s %+v", c.path, c.body, got, w.Parts()[0])
		}
	}
}

// A rule that fails is passed over, and those behind it do their work.
func TestBodyRuleThatFails(t *testing.T) {
	set := bodyRules(t, `{ json = [{path="$.a", value="1"}] }`, `{ replace = [{find = "x", with = "y"}] }`)
	w := set.Rewriting(set.Rules, false)
	if got := w.Apply([]byte("xx")); string(got) != "yy" || w.Parts()[0].Why.Code != reason.RuleJSON || !w.Parts()[1].Changed {
		t.Errorf("%s %+v", got, w.Parts())
	}
}

// Codings are undone and done again, also several and in pieces; bombs and what is no such coding fail.
func TestBodyCodings(t *testing.T) {
	set := bodyRules(t, `{ replace = [{find = "hello", with = "bye"}] }`)
	body := strings.Repeat("hello world, ", 10_000)
	want := strings.ReplaceAll(body, "hello", "bye")
	for _, coding := range []string{"gzip", "deflate", "br", "zstd", "x-gzip", "gzip, br", "br,zstd , deflate", "identity"} {
		coded, err := codings.Encode(strings.ReplaceAll(coding, " ", ""), []byte(body), true)
		if err != nil {
			t.Fatal(err)
		}
		w := set.Rewriting(set.Rules, false, coding)
		if coding == "identity" == w.Coded() {
			t.Error(coding, w.Coded())
		}
		if got := decoded(t, coding, w.Apply(coded)); got != want {
			t.Errorf("%s: %d bytes", coding, len(got))
		}
		if coding == "identity" {
			continue
		}
		var out bytes.Buffer
		w = set.Rewriting(set.Rules, false, coding)
		if err := w.Copy(&out, slowReader{bytes.NewReader(coded)}, func() bool { return false }); err != nil {
			t.Error(coding, err)
		}
		if got := decoded(t, coding, out.Bytes()); got != want {
			t.Errorf("%s in pieces: %d bytes", coding, len(got))
		}
		// Cut in the middle, it is an error and no end.
		out.Reset()
		w = set.Rewriting(set.Rules, false, coding)
		var bad *CodingError
		if err := w.Copy(&out, bytes.NewReader(coded[:len(coded)/2]), func() bool { return false }); !errors.As(err, &bad) {
			t.Error(coding, "cut:", err)
		}
		w = set.Rewriting(set.Rules, false, coding)
		if got := w.Apply(coded[:len(coded)/2]); got != nil || w.Parts()[0].Why.Code != reason.RuleCoding {
			t.Errorf("%s cut: %+v", coding, w.Parts()[0])
		}
	}
	bomb, _ := codings.Encode("gzip", make([]byte, MaxBody+1), true)
	if w := set.Rewriting(set.Rules, false, "gzip"); w.Apply(bomb) != nil || w.Parts()[0].Why.Code != reason.RuleBodyLong {
		t.Errorf("%+v", w.Parts()[0])
	}
	for _, coding := range []string{"compress", "gzip, aws-chunked", "br,br,br,br,br"} {
		if w := set.Rewriting(set.Rules, false, coding); !w.Idle() || w.Parts()[0].Why.Code != reason.RuleCoding {
			t.Errorf("%s: %+v", coding, w.Parts()[0])
		}
	}
}

// slowReader gives a byte at a time.
type slowReader struct{ r io.Reader }

func (s slowReader) Read(p []byte) (int, error) { return s.r.Read(p[:min(1, len(p))]) }

func decoded(t *testing.T, coding string, body []byte) string {
	t.Helper()
	d, err := codings.Decode(coding, body)
	if err != nil || d.After {
		t.Error(coding, err, d.After)
	}
	return string(d.Body)
}

// A coded body that pauses passes as far as it came.
func TestBodyCodedPauses(t *testing.T) {
	set := bodyRules(t, `{ replace = [{find = "hello", with = "bye"}] }`)
	for _, coding := range []string{"gzip", "deflate", "br", "zstd"} {
		in, feed := io.Pipe()
		seen, out := io.Pipe()
		ended := make(chan error, 2)
		names, _ := codings.Codings(coding)
		go func() {
			w := set.Rewriting(set.Rules, false, coding)
			err := w.Copy(out, in, func() bool { return true })
			_ = out.CloseWithError(err)
			ended <- err
		}()
		d := codings.NewDecoder(names, seen)
		e, err := codings.NewEncoder(names, feed)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			go func() {
				_, err := e.Write([]byte("hello, event\n"))
				ended <- errors.Join(err, e.Flush())
			}()
			b := make([]byte, len("bye, event\n"))
			if _, err := io.ReadFull(d, b); err != nil || string(b) != "bye, event\n" {
				t.Fatalf("%s: %q %v", coding, b, err)
			}
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		}
		_ = feed.CloseWithError(io.ErrClosedPipe)
		if err := <-ended; err == nil {
			t.Error(coding, "an end")
		}
		d.Close()
	}
}

// A body that takes the place of another is coded as that one was; its file may fail.
func TestBodyPlaced(t *testing.T) {
	set := bodyRules(t, `{ replace = [{find="a",with="b"}] }`, `{ text = '{"a":1}' }`, `{ json = [{path="$.a",value="2"}] }`)
	w := set.Rewriting(set.Rules, false, "gzip")
	body, ok := w.Placed(set.Read)
	if got := decoded(t, "gzip", body); got != `{"a":2}` || !ok || !w.Whole() {
		t.Error(got, ok)
	}
	if p := w.Parts(); p[0].Changed || !p[1].Changed || !p[2].Changed {
		t.Errorf("%+v %+v %+v", p[0], p[1], p[2])
	}
	set = bodyRules(t, `{ file = "none.txt" }`, `{ replace = [{find="a",with="b"}] }`)
	w = set.Rewriting(set.Rules, false)
	if _, ok := w.Placed(set.Read); ok || w.Whole() || w.Idle() || w.Parts()[0].Why.Code != reason.RuleFile {
		t.Errorf("%v %+v", ok, w.Parts()[0])
	}
	set = bodyRules(t, `{ text = "" }`)
	if body, ok := set.Rewriting(set.Rules, false).Placed(set.Read); !ok || len(body) != 0 {
		t.Error(body, ok)
	}
}

// What becomes too large is left as it came.
func TestBodyThatGrows(t *testing.T) {
	set := bodyRules(t, "{ replace = [{find='a',with='"+strings.Repeat("b", maxWith)+"'}] }", "{ json = [{path='$',value='1'}] }")
	w := set.Rewriting(set.Rules, false)
	if got := w.Apply([]byte(strings.Repeat("a", 1000))); got != nil || w.Parts()[0].Why.Code != reason.RuleBodyGrew {
		t.Errorf("%d %+v", len(got), w.Parts()[0])
	}
}

// Mistakes in the file say what is wrong.
func TestBodyMistakes(t *testing.T) {
	for body, code := range map[string]flow.ReasonCode{
		`{}`:                                                                      reason.RuleBodyOne,
		`{ text = "a", file = "b" }`:                                              reason.RuleBodyOne,
		`{ replace = [{find="",with=""}] }`:                                       reason.RuleFindEmpty,
		`{ replace = [{find="/(/",with=""}] }`:                                    reason.RulePattern,
		`{ replace = [{find="/a*/",with=""}] }`:                                   reason.RulePatternEmpty,
		`{ replace = [{find='/\b/',with=""}] }`:                                   reason.RulePatternEmpty,
		`{ json = [{path="a",value="1"}] }`:                                       reason.RuleJSONPath,
		`{ json = [{path="$..a",value="1"}] }`:                                    reason.RuleJSONPath,
		`{ json = [{path="$.a[0,1]",value="1"}] }`:                                reason.RuleJSONPath,
		`{ json = [{path="$.a",value="new"}] }`:                                   reason.RuleJSONValue,
		`{ json = [{path="$.a"}] }`:                                               reason.RuleJSONValue,
		`{ json = [{path="$.a",value="1",remove=true}] }`:                         reason.RuleJSONPath,
		"{ replace = [{find='" + strings.Repeat("a", maxFind+1) + "',with=''}] }": reason.RuleFindLong,
	} {
		_, err := Load("", []byte("[[rule]]\nresponse.body = "+body), "")
		var bad *FileError
		if !errors.As(err, &bad) || bad.Why.Code != code {
			t.Errorf("%s: %v", body, err)
		}
	}
	if _, err := Load("", []byte("[[rule]]\nwhen='status:200'\nrequest.body.text='a'"), ""); err == nil {
		t.Error("a request is changed when its response is known")
	}
}

func FuzzBodyJSON(f *testing.F) {
	f.Add("$.a[0]", "1", `{"a":[2]}`, false)
	f.Add("$[*]", "", `[1,2]`, true)
	f.Fuzz(func(t *testing.T, path, value, body string, remove bool) {
		e, why := readJSON(BodyJSON{path, value, remove})
		if !why.IsZero() {
			return
		}
		out, why := editJSON([]byte(body), []jsonEdit{e})
		if out == nil || !why.IsZero() {
			return
		}
		if _, err := locate(bytes.TrimPrefix(out, []byte("\ufeff")), &e); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
	})
}
