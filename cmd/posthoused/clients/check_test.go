package clients

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// checkLine is what a test looks at of a line of posthoused check -json.
type checkLine struct {
	Client   string `json:"client"`
	Version  string `json:"version"`
	State    string `json:"certificate"`
	Reason   string `json:"reason"`
	Said     string `json:"said"`
	Route    string `json:"route"`
	Remedies []struct {
		For, Means, Command string
	} `json:"remedies"`
}

// checked runs posthoused check in a new home folder.
func checked(t *testing.T, home string, env []string, args ...string) (lines map[string]checkLine, code int) {
	t.Helper()
	cmd := exec.Command(posthoused, append([]string{"check", "-json", "-ca", filepath.Join(home, "ca")}, args...)...)
	for _, v := range os.Environ() {
		if key, _, _ := strings.Cut(v, "="); !trustVariables[strings.ToUpper(key)] && !strings.HasSuffix(strings.ToLower(key), "_proxy") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(append(cmd.Env, "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_RUNTIME_DIR="+home,
		"DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent",
		"XDG_CURRENT_DESKTOP=", "DESKTOP_SESSION=", "GIT_CONFIG_NOSYSTEM=1"), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() < 0 {
		t.Fatalf("posthoused check: %v\n%s", err, stderr.String())
	}
	lines = map[string]checkLine{}
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		var line checkLine
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			t.Fatalf("%q: %v", s.Text(), err)
		}
		lines[line.Client] = line
	}
	if stderr.Len() > 0 {
		t.Logf("it said: %s", stderr.String())
	}
	return lines, cmd.ProcessState.ExitCode()
}

// trustVariables change what programs trust.
var trustVariables = map[string]bool{"NODE_EXTRA_CA_CERTS": true, "SSL_CERT_FILE": true, "SSL_CERT_DIR": true, "REQUESTS_CA_BUNDLE": true,
	"CURL_CA_BUNDLE": true,
	"GIT_SSL_CAINFO": true, "JAVA_TOOL_OPTIONS": true, "HTTP_PROXY": true}

// The programs that are here, as posthoused check finds them: without the CA, and
// then mended by what each was told to be mended with.
func TestCheckMySetup(t *testing.T) {
	for _, one := range [][]string{{"curl"}, {"wget"}, {"git"}, {"node", "nodejs"}, {"python3"}, {"go"},
		{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}} {
		t.Run(one[0], func(t *testing.T) {
			program(t, one...)
			name := map[string]string{"python3": "python"}[one[0]]
			if name == "" {
				name = one[0]
			}
			checkAndMend(t, name)
		})
	}
}

func checkAndMend(t *testing.T, client string) {
	home := t.TempDir()
	if said, err := exec.Command(posthoused, "ca", "export", "-ca", filepath.Join(home, "ca"), "-o",
		filepath.Join(home, "ca.pem")).CombinedOutput(); err != nil {
		t.Fatalf("ca export: %v\n%s", err, said)
	}
	lines, code := checked(t, home, nil, "-only", client)
	line, there := lines[client]
	if client == "chromium" && !there {
		client = "chrome"
		lines, code = checked(t, home, nil, "-only", client)
		line = lines[client]
	}
	if line.State != "not-trusted" || code != 1 {
		t.Fatalf("without the CA: %+v, exit code %d", line, code)
	}
	if line.Route != "direct" || line.Version == "" {
		t.Errorf("without the CA: %+v", line)
	}
	mended := 0
	var env []string
	for _, one := range line.Remedies {
		if one.For != "certificate" || strings.HasPrefix(one.Means, "install-") {
			continue // these would change more than a folder of the test
		}
		mended++
		cmd := exec.Command("sh", "-c", one.Command+"\nenv")
		cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "GIT_CONFIG_NOSYSTEM=1")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", one.Command, err)
		}
		for v := range strings.Lines(string(out)) {
			if key, _, _ := strings.Cut(v, "="); one.Means == "set-variable" && trustVariables[key] && strings.Contains(one.Command, key) {
				env = append(env, strings.TrimSpace(v))
			}
		}
	}
	if mended == 0 {
		t.Fatalf("nothing mends it: %+v", line)
	}
	d := start(t, "-ca", filepath.Join(home, "ca"))
	env = append(env, "https_proxy="+d.url(), "HTTPS_PROXY="+d.url())
	lines, code = checked(t, home, env, "-only", client)
	if line = lines[client]; line.State != "trusted" || code != 0 {
		t.Errorf("mended, with %q: %+v, exit code %d", env, line, code)
	}
	// Node uses no proxy by itself in its older versions.
	if line.Route != "posthouse" && client != "node" {
		t.Errorf("with the proxy's variables: %+v", line)
	}
}

func TestCheckWithoutACA(t *testing.T) {
	home := t.TempDir()
	lines, code := checked(t, home, nil, "-only", "curl")
	if len(lines) != 0 || code != 1 {
		t.Errorf("%+v, exit code %d", lines, code)
	}
	if _, err := os.Stat(filepath.Join(home, "ca")); err == nil {
		t.Error("it made an authority without being asked")
	}
}
