package launch

import (
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// playing makes this test's binary play a browser: "browser" ends when it is
// asked to, "stubborn" does not.
const playing = "POSTHOUSE_TEST_PLAY"

// play is a browser that writes into its profile.
func play() {
	for _, arg := range os.Args {
		if dir, ok := strings.CutPrefix(arg, "--user-data-dir="); ok {
			_ = os.WriteFile(filepath.Join(dir, "Cookies"), []byte("secret"), 0o600) // some tests give no folder
		}
	}
	switch os.Getenv(playing) {
	case "failing":
		os.Stderr.WriteString("one line\nRunning as root is not supported\n")
		os.Exit(3)
	case "slowly failing":
		time.Sleep(early + early/2)
		os.Stderr.WriteString("Running as root is not supported\n")
		os.Exit(3)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
	}
	time.Sleep(time.Minute)
	os.Exit(0)
}

func TestMain(m *testing.M) {
	if os.Getenv(playing) != "" {
		play()
	}
	goleak.VerifyTestMain(m)
}
