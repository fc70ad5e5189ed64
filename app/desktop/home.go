package desktop

import (
	"os"
	"os/user"
	"path/filepath"
	"runtime"

	"github.com/adrg/xdg"
)

// EnsureHome names the account's folder in HOME where the environment names none, or a relative one, as for a
// program that cron or a service starts: settings and history would lie in / or in the working folder. It belongs
// at the top of main.
func EnsureHome() {
	if runtime.GOOS == "windows" || filepath.IsAbs(os.Getenv("HOME")) {
		return
	}
	me, err := user.Current()
	if err != nil || !filepath.IsAbs(me.HomeDir) {
		return
	}
	if os.Setenv("HOME", me.HomeDir) == nil {
		xdg.Reload()
	}
}
