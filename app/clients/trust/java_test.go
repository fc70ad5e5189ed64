package trust

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/smallstep/truststore"
)

// A Java of the test's own: the real keytool and a store in a folder.
func TestJavaInTemporaryFolder(t *testing.T) {
	tool, err := exec.LookPath("keytool")
	if err != nil {
		t.Skip("there is no keytool")
	}
	home := filepath.Join(t.TempDir(), "a java")
	for _, dir := range []string{"bin", "lib/security"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(tool, filepath.Join(home, "bin", "keytool")); err != nil {
		t.Skip(err)
	}
	store := filepath.Join(home, "lib/security/cacerts")
	if out, err := exec.Command(tool, "-genkeypair", "-keyalg", "EC", "-alias", "first", "-dname", "CN=first", "-keystore", store,
		"-storepass", truststore.JavaStorePass).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("JAVA_HOME", home)
	throughItsLife(t, javaStore{}, Java)
	throughItsLife(t, javaStore{&desk{}}, Java)
	if got := os.Getenv("JAVA_HOME"); got != home {
		t.Errorf("JAVA_HOME became %q", got)
	}
}

func TestJavaThatIsNotThere(t *testing.T) {
	t.Setenv("JAVA_HOME", t.TempDir())
	if step := (javaStore{}).Plan(Install, certificate(t)); step.Skip != ErrNoStore {
		t.Errorf("%+v", step)
	}
}

// throughItsLife installs a certificate, twice, and removes it, twice.
func throughItsLife(t *testing.T, store Store, kind Kind) {
	t.Helper()
	cert := certificate(t)
	stores := []Store{store}
	for i, step := range []struct {
		action Action
		before State
		done   bool
	}{{Install, Absent, true}, {Install, Present, false}, {Remove, Present, true}, {Remove, Absent, false}} {
		outcome := Apply(t.Context(), stores, step.action, cert)[0]
		if outcome.Err != nil {
			t.Fatalf("step %d: %v", i, outcome.Err)
		}
		if outcome.Step.Kind != kind || outcome.Step.Skip != nil || outcome.Step.State != step.before || outcome.Done != step.done {
			t.Errorf("step %d: %+v", i, outcome)
		}
	}
}

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{"/usr/lib": "/usr/lib", "sql:/a b": "'sql:/a b'", "it's": `'it'\''s'`,
		"$(x)": "'$(x)'", "/a\x1b\n": `"$(printf '%b' '/a\0033\n')"`} {
		if got := Quote(word); got != want && filepath.Separator == '/' {
			t.Errorf("%s: %s", word, got)
		}
	}
}
