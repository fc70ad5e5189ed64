package rules

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

func TestCheckFiles(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	large, err := os.Create(in("large"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(large.Truncate(MaxBody+1), large.Close(), os.Mkdir(in("folder"), 0o700),
		os.WriteFile(in("message"), []byte("HTTP/1.1 200 OK\n\nx"), 0o600),
		os.WriteFile(in("text"), []byte("no message"), 0o600)); err != nil {
		t.Fatal(err)
	}
	text := []byte(`# all of it is right
[[rule]]
answer.file = "text"
[[rule]]
answer.folder = "folder"
[[rule]]
answer.message = "message"
[[rule]]
request.body.file = "text"

# and from here on nothing is
[[rule]]
answer.file = "none"
[[rule]]
answer.file = "folder"
[[rule]]
off = true
answer.file = "none"
[[rule]]
answer.folder = "text"
[[rule]]
answer.folder = "none"
[[rule]]
answer.message = "text"
[[rule]]
request.body.file = "large"
response.body.file = "../text"
`)
	set, err := Load("", text, folder)
	if err != nil {
		t.Fatal(err)
	}
	got := set.CheckFiles(text)
	want := []struct {
		line int
		code flow.ReasonCode
	}{{12, reason.RuleFile}, {14, reason.RuleFile}, {19, reason.RuleFile}, {21, reason.RuleFile}, {23, reason.RuleMessage},
		{25, reason.RuleFileLarge}, {25, reason.RuleOutside}}
	for i, w := range want {
		if i >= len(got) || got[i].Line != w.line || got[i].Why.Code != w.code {
			t.Fatalf("%d: %+v, want %+v", i, got, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%+v", got)
	}
}
