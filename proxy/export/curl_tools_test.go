package export_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func needCurl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl")
	}
}

func curlHas(t *testing.T, feature string) bool {
	t.Helper()
	out, err := exec.Command("curl", "--version").Output()
	return err == nil && strings.Contains(string(out), " "+feature)
}

// quiet runs a program as a person would, but without their settings.
func quiet(t *testing.T, stdin string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "LANG=C.UTF-8", "HISTFILE=/dev/null",
		"LD_LIBRARY_PATH=" + os.Getenv("LD_LIBRARY_PATH"), "HTTPIE_CONFIG_DIR=" + t.TempDir()}
	if roots := os.Getenv("CURL_CA_BUNDLE"); roots != "" {
		cmd.Env = append(cmd.Env, "CURL_CA_BUNDLE="+roots)
	}
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %s", err, out.String()[max(0, out.Len()-500):])
	}
	if left, _ := os.ReadDir(cmd.Dir); name != "fish" && len(left) > 0 {
		t.Errorf("it made %s", left[0].Name())
	}
}
