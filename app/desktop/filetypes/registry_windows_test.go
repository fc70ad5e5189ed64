package filetypes

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows/registry"

	"posthouse/proxy/proxytest/eventually"
)

// In a registry that a test may write to (Wine's): what is written is read back, the shell starts this
// program with the file, and nothing is left.
func TestInTheRegistry(t *testing.T) {
	if os.Getenv("POSTHOUSE_TEST_REGISTRY") == "" {
		t.Skip("this user's registry is not to be written in a test; POSTHOUSE_TEST_REGISTRY=1 says that it may be")
	}
	dir, err := os.MkdirTemp("", "") // it goes with this Windows: under Wine a test cannot remove it
	must(t, err)
	program, err := os.Executable()
	must(t, err)
	e := Entry{Program: program}
	mustBe(t, e, false)
	must(t, e.Enable())
	mustBe(t, e, true)
	file := filepath.Join(dir, "two words.posthouse")
	must(t, os.WriteFile(file, nil, 0o600))
	t.Setenv("POSTHOUSE_TEST_OPENED", filepath.Join(dir, "opened"))
	for _, v := range values(program) { // Wine's shell looks at those of the computer alone
		k, _, err := registry.CreateKey(registry.LOCAL_MACHINE, classesKey+v.key, registry.SET_VALUE)
		must(t, err)
		must(t, k.SetStringValue(v.name, v.value))
		must(t, k.Close())
	}
	if out, err := exec.Command("cmd", "/c", "start", "", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var said []byte
	eventually.Within(t, 30*time.Second, "the shell starts the program with the file", func() bool {
		said, _ = os.ReadFile(filepath.Join(dir, "opened"))
		return len(said) > 0
	})
	if got := strings.TrimSpace(string(said)); !strings.EqualFold(got, file) {
		t.Errorf("it was started with %q, want %q", got, file)
	}
	must(t, e.Disable())
	if text, err := text(registry.CURRENT_USER, classesKey+sessionExt, ""); text != "" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	for _, key := range []string{".posthouse", sessionKind, exchangeKind, `.har\OpenWithProgids`} {
		if k, err := registry.OpenKey(registry.CURRENT_USER, classesKey+key, registry.QUERY_VALUE); err == nil {
			_ = k.Close()
			t.Errorf("%s is left", key)
		}
	}
}

// TestMain is also the program that the shell starts: it writes down what it was given.
func TestMain(m *testing.M) {
	if to := os.Getenv("POSTHOUSE_TEST_OPENED"); to != "" {
		if os.WriteFile(to+".part", []byte(strings.Join(os.Args[1:], "\n")), 0o600) != nil || os.Rename(to+".part", to) != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}
