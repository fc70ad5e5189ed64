package trust

import (
	"context"
	"crypto/x509"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/smallstep/truststore"

	"posthouse/app/clients/internal/host"
	"posthouse/proxy/shellquote"
)

// javaStore is the store of one Java: that of JAVA_HOME, else the one whose
// keytool is found first.
type javaStore struct{ desk *desk } // nil: there is a terminal

func (st javaStore) Plan(a Action, cert *x509.Certificate) Step {
	s := Step{Kind: Java}
	library.Lock()
	defer library.Unlock()
	home, store := findJava()
	if store == "" {
		s.Skip = ErrNoStore
		return s
	}
	trust, err := newJavaTrust(home)
	if err != nil {
		s.Skip = ErrNoTool
		return s
	}
	tool := Quote(filepath.Join(home, "bin", "keytool"))
	at := " -keystore " + Quote(store) + " -storepass " + truststore.JavaStorePass + " -alias " + nameOf(cert)
	s.Targets = []string{store}
	s.Admin = !host.Writable(store)
	s.Commands = pick(a, []string{tool + " -importcert -noprompt" + at + " -file FILE"}, []string{tool + " -delete" + at})
	s.ByHand = pick(a, []string{exportLine, tool + " -importcert -noprompt" + at + " -file " + exported}, slices.Clone(s.Commands))
	s.State = Absent
	if trust.Exists(cert) {
		s.State = Present
	}
	if !s.Admin {
		return s
	}
	for i, line := range s.ByHand {
		if line != exportLine && runtime.GOOS != "windows" {
			s.ByHand[i] = "sudo " + line
		}
	}
	s.Asks = AskSudo
	if st.desk != nil {
		var err error
		if s.Asks, err = st.desk.ask(); err == nil {
			_, err = st.desk.program(filepath.Join(home, "bin", "keytool"))
		}
		if s.Needed(a) {
			s.Skip = err
		}
	}
	return s
}

func (st javaStore) Apply(ctx context.Context, a Action, cert *x509.Certificate) error {
	if st.desk != nil {
		return st.applyAlone(ctx, a, cert)
	}
	library.Lock()
	defer library.Unlock()
	home, store := findJava()
	if store == "" {
		return ErrNoStore
	}
	if !host.Writable(store) { // sudo runs it then
		if _, err := systemProgram(filepath.Join(home, "bin", "keytool")); err != nil {
			return err
		}
	}
	trust, err := newJavaTrust(home)
	if err != nil {
		return err
	}
	return applyOther(a, cert, trust)
}

// applyAlone changes the store without a terminal.
func (st javaStore) applyAlone(ctx context.Context, a Action, cert *x509.Certificate) error {
	home, store := findJava()
	if store == "" {
		return ErrNoStore
	}
	tool := filepath.Join(home, "bin", "keytool")
	at := []string{"-keystore", store, "-storepass", truststore.JavaStorePass, "-alias", nameOf(cert)}
	args := append([]string{tool, "-importcert", "-noprompt"}, at...) // from standard input
	if a == Remove {
		args = append([]string{tool, "-delete"}, at...)
	}
	if host.Writable(store) {
		return runAlone(ctx, cert.Raw, args...)
	}
	return st.desk.runAsAdmin(ctx, cert.Raw, args...)
}

// findJava gives the folder of a Java and its store, which may be missing.
func findJava() (home, store string) {
	home = os.Getenv("JAVA_HOME")
	if home == "" {
		tool, err := filepath.EvalSymlinks(thisComputer().Find("keytool"))
		if err != nil {
			return "", ""
		}
		home = filepath.Dir(filepath.Dir(tool))
	}
	return home, host.JavaStore(home)
}

// newJavaTrust tells truststore where Java is the one way that it listens to.
func newJavaTrust(home string) (*truststore.JavaTrust, error) {
	before, was := os.LookupEnv("JAVA_HOME")
	if before != home {
		if err := os.Setenv("JAVA_HOME", home); err != nil {
			return nil, err
		}
		defer func() {
			if was {
				_ = os.Setenv("JAVA_HOME", before)
			} else {
				_ = os.Unsetenv("JAVA_HOME")
			}
		}()
	}
	return truststore.NewJavaTrust()
}

// Quote makes a word of a command that people copy.
func Quote(word string) string {
	switch {
	case runtime.GOOS == "windows":
		return shellquote.Windows(word)
	case !shellquote.Safe(word):
		return shellquote.Printf([]byte(word))
	}
	return shellquote.POSIX(word)
}
