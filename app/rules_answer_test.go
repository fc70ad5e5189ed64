package app

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// answered is an exchange that can be answered again.
func answered(path string, body []byte, fields string) *flow.Exchange {
	x := &flow.Exchange{Row: flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "GET", Scheme: "http", Host: "mock.test",
		Path:   path,
		Status: 201, ContentType: "application/json"}}
	x.ResponseHead = []byte("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n" + fields + "\r\n")
	x.ResponseBody = flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: body}
	return x
}

// A response that came is given again by a rule: decoded, with its status and fields, from a file
// that nothing is lost for.
func TestAnswerWithWhatCame(t *testing.T) {
	c, client, path := rulesController(t, "# mine\n\n[[rule]]\nwhen = 'host:mock.test'\nanswer.status = 500\n")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(`{"id":1}`))
	_ = z.Close()
	x := answered("/v1/users?page=2", packed.Bytes(), "Content-Encoding: gzip\r\nSet-Cookie: a=secret\r\nX-Api: 7\r\n")
	folder := filepath.Dir(path)
	if err := os.MkdirAll(filepath.Join(folder, "answers"), 0o700); err != nil {
		t.Fatal(err)
	}
	theirs := filepath.Join(folder, "answers", "users.json")
	if err := os.WriteFile(theirs, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	said := func(r flow.Reason) string { return "said: " + reason.English(r) }
	block, file, err := c.Rules().Answer(x, "users.json", said)
	if err != nil || file != "answers/users-2.json" {
		t.Fatal(file, err)
	}
	if err := c.Rules().Edit(func(text []byte) ([]byte, error) { return rules.Insert(text, 0, block) }); err != nil {
		t.Fatalf("%v\n%s", err, block)
	}
	resp, err := client.Get("http://mock.test/v1/users")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != 201 || string(body) != `{"id":1}` || resp.Header.Get("X-Api") != "7" || resp.Header.Get("Set-Cookie") != "" ||
		resp.Header.Get("Content-Type") != "application/json" {
		t.Error(resp.StatusCode, resp.Header, string(body))
	}
	if got := statusOf(t, client, "http://mock.test/v1/users/7"); got != 500 {
		t.Error("another path is answered by it too:", got)
	}
	info, err := os.Stat(filepath.Join(folder, file))
	if err != nil || filepath.Separator == '/' && info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	if text, _ := os.ReadFile(theirs); string(text) != "theirs" {
		t.Error("a file was written over")
	}
	if text, _ := os.ReadFile(path); !strings.Contains(string(text), "# said: Left out: Content-Encoding, Set-Cookie.\n") ||
		!strings.HasPrefix(string(text), "# mine\n") {
		t.Errorf("%s", text)
	}
}

// What is not whole is not given again, and says why.
func TestAnswerWithLess(t *testing.T) {
	c, _, path := rulesController(t, "")
	for name, one := range map[string]struct {
		change func(*flow.Exchange)
		want   error
	}{
		"cut":      {func(x *flow.Exchange) { x.ResponseBody.State = flow.BodyCut }, ErrAnswerCut},
		"evicted":  {func(x *flow.Exchange) { x.ResponseBody.State = flow.BodyEvicted }, ErrAnswerCut},
		"running":  {func(x *flow.Exchange) { x.Phase = flow.PhaseResponse }, ErrAnswerUnfinished},
		"failed":   {func(x *flow.Exchange) { x.Phase = flow.PhaseFailed }, ErrAnswerUnfinished},
		"a part":   {func(x *flow.Exchange) { x.Status = 206 }, ErrAnswerPart},
		"upgraded": {func(x *flow.Exchange) { x.Status = 101 }, ErrAnswerUnfinished},
		"coding": {func(x *flow.Exchange) {
			x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
		}, ErrAnswerCoding},
	} {
		x := answered("/", []byte("hi"), "")
		one.change(x)
		if _, _, err := c.Rules().Answer(x, "a", reason.English); !errors.Is(err, one.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "answers")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a folder was made for nothing")
	}
	block, file, err := c.Rules().Answer(answered("/", nil, ""), "a", reason.English)
	if err != nil || file != "" || strings.Contains(string(block), "file") {
		t.Errorf("without a body: %q %v %s", file, err, block)
	}
}

// A link that leads out of the folder of the rules is not followed.
func TestAnswersStayInTheirFolder(t *testing.T) {
	c, _, path := rulesController(t, "")
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(filepath.Dir(path), "answers")); err != nil {
		t.Skip(err)
	}
	if _, _, err := c.Rules().Answer(answered("/", []byte("hi"), ""), "a", reason.English); err == nil {
		t.Error("it was written")
	}
	if all, _ := os.ReadDir(outside); len(all) > 0 {
		t.Error(all)
	}
}
