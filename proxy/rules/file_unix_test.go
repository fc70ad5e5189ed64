//go:build unix

package rules

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// What is no file is told and not waited for, and a file without an end is not read to it.
func TestFilesThatAreNone(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	sparse, err := os.Create(in("sparse"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(syscall.Mkfifo(in("pipe"), 0o600), os.Symlink("loop", in("loop")), os.Symlink(os.DevNull, in("device")),
		os.Mkdir(in("folder"), 0o700), os.Symlink("..", in("folder/up")), sparse.Truncate(1<<40), sparse.Close()); err != nil {
		t.Skip(err)
	}
	s, err := Load("", []byte("[[rule]]\nanswer.text='x'\n[[rule]]\nresponse.body.file='sparse'\n[[rule]]\nanswer.folder='folder'"), folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pipe", "loop", "device", "folder", "folder/up/sparse/../pipe", "pipe/x", "loop/x"} {
		if f, _, why := s.open(name); why.IsZero() {
			_ = f.Close() // read only
			t.Errorf("%s was opened", name)
		}
	}
	for _, p := range []string{"answer.file='pipe'", "answer.folder='pipe'", "answer.message='pipe'", "response.body.file='pipe'",
		"answer.file='loop'", "answer.file='device'", "answer.folder='folder/up/..'"} {
		text := []byte("[[rule]]\n" + p)
		named, err := Load("", text, folder)
		if err != nil {
			t.Fatal(p, err)
		}
		if wrong := named.CheckFiles(text); len(wrong) != 1 || wrong[0].Line != 1 {
			t.Errorf("%s: %+v", p, wrong)
		}
	}
	for _, name := range []string{"pipe", "sparse"} {
		c := &Compiled{Rule: Rule{Answer: &Answer{Folder: name}}}
		told := make(chan flow.Reason, 1)
		go func() {
			_, why := s.Answer(c, &Asked{Method: "GET", Path: "/"})
			told <- why
		}()
		select {
		case why := <-told:
			if why.Code != reason.RuleFile {
				t.Errorf("%s: %s", name, reason.English(why))
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s is waited for", name)
		}
	}
	if body, ok := s.Rewriting(s.Rules[1:2], false).Placed(s.Read); ok {
		t.Error(len(body))
	}
	if _, why := s.Read("sparse"); why.Code != reason.RuleFileLarge {
		t.Error(reason.English(why))
	}
	for _, path := range []string{"/up/up/up/etc/passwd", "/up", "/up/loop", "/up/pipe"} {
		a, why := s.Answer(s.Rules[2], &Asked{Method: "GET", Path: path})
		if a.File != nil {
			_ = a.File.Close() // read only
			t.Errorf("%s: %+v %v", path, a, why)
		}
	}
}

// A link that changes while a file is opened never leads out of the folder.
func TestLinksThatChange(t *testing.T) {
	folder, outside := t.TempDir(), t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(folder, "in"), []byte("in"), 0o600),
		os.WriteFile(filepath.Join(outside, "out"), []byte("out"), 0o600)); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(folder, "link")
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			to := "in"
			if n%2 == 1 {
				to = filepath.Join(outside, "out")
			}
			_ = os.Symlink(to, link+".new") // what fails is tried again
			_ = os.Rename(link+".new", link)
		}
	}()
	s := &Set{folder: folder}
	seen := 0
	for range 2000 {
		f, _, why := s.open("link")
		if !why.IsZero() {
			continue
		}
		text, err := io.ReadAll(f)
		if seen++; err != nil || string(text) != "in" {
			t.Errorf("%q %v", text, err)
		}
		_ = f.Close() // read only
	}
	close(stop)
	<-ended
	t.Log(seen)
}
