package shellenv

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// printing makes the test binary a program that prints its environment.
const printing = "POSTHOUSE_TEST_PRINT_ENVIRONMENT"

func TestMain(m *testing.M) {
	if os.Getenv(printing) != "" {
		if err := json.NewEncoder(os.Stdout).Encode(os.Environ()); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// nasty is a path that every shell would like to make something else of.
const nasty = "/tmp/a  b/it's $HOME \"x\" \\n \\ `id` $(id) ;&|*?[a]{b,c}~#!%^<>(@) 书 \u2018x\u2019\u201b\u201a -n/\\"

var shells = []struct {
	name  string
	shell Shell
	args  []string
	run   string // how the shell runs the program at %s, a word
}{
	{"sh", POSIX, nil, "%s\n"},
	{"dash", POSIX, nil, "%s\n"},
	{"bash", POSIX, []string{"--norc", "--noprofile"}, "%s\n"},
	{"zsh", POSIX, []string{"-f"}, "%s\n"},
	{"fish", Fish, []string{"--no-config"}, "%s\n"},
	{"pwsh", PowerShell, []string{"-NoProfile", "-NonInteractive", "-Command", "-"}, "& %s\n"},
	{"powershell", PowerShell, []string{"-NoProfile", "-NonInteractive", "-Command", "-"}, "& %s\n"},
	{"cmd", Cmd, []string{"/q", "/d"}, "\"%s\"\n"},
}

// What the commands say is what programs then get, in each shell that is there.
func TestShellsSetTheVariables(t *testing.T) {
	for _, sh := range shells {
		t.Run(sh.name, func(t *testing.T) {
			path, err := exec.LookPath(sh.name)
			if err != nil {
				t.Skip("there is no " + sh.name)
			}
			file := nasty
			if sh.shell == Cmd {
				file = `C:\a  b\it's $HOME ;&|(x) ^!.pem`
			}
			o := Options{Proxy: "[fe80::1%eth0]:9876", CA: file, Bundle: file + "2"}
			if sh.shell == Cmd {
				o.Proxy = "[::1]:9876" // at its prompt no % can be written
			}
			set, err := Set(sh.shell, o)
			if err != nil {
				t.Fatal(err)
			}
			program, err := Quote(sh.shell, os.Args[0])
			if err != nil {
				t.Fatal(err)
			}
			run := fmt.Sprintf(sh.run, program)
			got := environment(t, path, sh.args, set+run)
			vars, err := Variables(o)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range vars {
				if !slices.Contains(got, v.Name+"="+v.Value) && sh.shell != Cmd {
					t.Errorf("%s is not %q", v.Name, v.Value)
				}
			}
		})
	}
}

// environment feeds a script to a shell and reads what the program at its end
// was started with.
func environment(t *testing.T, shell string, args []string, script string) []string {
	t.Helper()
	cmd := exec.Command(shell, args...)
	cmd.Stdin = strings.NewReader(script)
	cmd.Env = []string{printing + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=C.UTF-8",
		"LD_LIBRARY_PATH=" + os.Getenv("LD_LIBRARY_PATH")}
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, said.String(), script)
	}
	if said.Len() > 0 {
		t.Errorf("it says %q", said.String())
	}
	var env []string
	begin := strings.IndexByte(string(out), '[')
	if begin < 0 || json.Unmarshal(out[begin:], &env) != nil {
		t.Fatalf("%q", out)
	}
	return env
}

func TestCommands(t *testing.T) {
	o := Options{Proxy: "127.0.0.1:9876", CA: "/d/ca.pem", Bundle: "/my d/b.pem"}
	for shell, want := range map[Shell][]string{
		POSIX: {"export http_proxy=http://127.0.0.1:9876\n", "export no_proxy=localhost,127.0.0.1,::1\n",
			"export NODE_EXTRA_CA_CERTS=/d/ca.pem\n", "export GIT_SSL_CAINFO='/my d/b.pem'\n"},
		Fish:       {"set -gx HTTPS_PROXY http://127.0.0.1:9876\n", "set -gx SSL_CERT_FILE '/my d/b.pem'\n"},
		PowerShell: {"$env:https_proxy = 'http://127.0.0.1:9876'\n", "$env:CURL_CA_BUNDLE = '/my d/b.pem'\n"},
		Cmd: {"set \"https_proxy=http://127.0.0.1:9876\"\n", "set \"NODE_USE_ENV_PROXY=1\"\n",
			"set \"REQUESTS_CA_BUNDLE=/my d/b.pem\"\n"},
	} {
		got, err := Set(shell, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range want {
			if !strings.Contains("\n"+got, "\n"+line) {
				t.Errorf("%d: no %q in\n%s", shell, line, got)
			}
		}
		if strings.Contains(got, "HTTP_PROXY") || shell == Cmd && strings.Contains(got, "HTTPS_PROXY") {
			t.Errorf("%d: %s", shell, got)
		}
	}
}

// Without a bundle, nothing is set that would replace what programs trust.
func TestWhatIsLeftOut(t *testing.T) {
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{Proxy: "h:1"}, "http_proxy https_proxy HTTPS_PROXY no_proxy NO_PROXY NODE_USE_ENV_PROXY"},
		{Options{Proxy: "h:1", CA: "x"}, "http_proxy https_proxy HTTPS_PROXY no_proxy NO_PROXY NODE_USE_ENV_PROXY NODE_EXTRA_CA_CERTS"},
		{Options{Proxy: "h:1", CA: "x", Bundle: "y"}, "http_proxy https_proxy HTTPS_PROXY no_proxy NO_PROXY NODE_USE_ENV_PROXY " +
			"NODE_EXTRA_CA_CERTS SSL_CERT_FILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GIT_SSL_CAINFO"},
	} {
		vars, err := Variables(test.o)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range vars {
			got = append(got, v.Name)
			if v.Replaces != (v.Value == "y") {
				t.Errorf("%+v", v)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%+v: %s", test.o, got)
		}
	}
	vars, err := Variables(Options{Proxy: "h:1", NoProxy: []string{}})
	if err != nil || vars[3].Value != "" {
		t.Errorf("%+v, %v", vars, err)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	for _, proxy := range []string{"", "h", ":1", "h:x", "h:99999", "a b:1", "a;b:1", "$(id):1", "user@h:1", "h:1/",
		"[fe80::1%$(id)]:1", "[fe80::1%;id]:1", "[fe80::1%a\u009b]:1"} {
		if _, err := Variables(Options{Proxy: proxy}); err == nil {
			t.Errorf("%q is taken for a proxy", proxy)
		}
	}
	for _, host := range []string{"", "a,b", "a b"} {
		if _, err := Variables(Options{Proxy: "h:1", NoProxy: []string{host}}); err == nil {
			t.Errorf("%q is taken for a host", host)
		}
	}
	for _, shell := range []Shell{POSIX, Fish, PowerShell, Cmd} {
		for _, file := range []string{"a\nb", "a\x1b[2Jb", "a\x00", "a\u009bb", "a\x7f"} {
			if _, err := Set(shell, Options{Proxy: "h:1", CA: file}); !errors.Is(err, ErrValue) {
				t.Errorf("%d %q: %v", shell, file, err)
			}
		}
	}
	for _, file := range []string{`C:\100%\x`, `C:\"x`} {
		if _, err := Set(Cmd, Options{Proxy: "h:1", CA: file}); !errors.Is(err, ErrValue) {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func TestDefault(t *testing.T) {
	for _, c := range []struct {
		goos, shell string
		want        Shell
	}{
		{"linux", "/bin/bash", POSIX}, {"linux", "/usr/bin/fish", Fish}, {"linux", "", POSIX}, {"darwin", "/bin/zsh", POSIX},
		{"darwin", "/opt/homebrew/bin/pwsh", PowerShell}, {"windows", "", PowerShell}, {"windows", "/usr/bin/bash", PowerShell},
	} {
		if got := Default(c.goos, c.shell); got != c.want {
			t.Errorf("on %s with SHELL=%q: %v, want %v", c.goos, c.shell, got, c.want)
		}
	}
}
