package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// SetAside renames a file that is not usable, so that it is not lost, and returns its name: that
// of the file with .bad and the time behind it.
func SetAside(path string) (aside string, err error) {
	for i := range 100 {
		aside := path + ".bad-" + time.Now().Format("20060102-150405")
		if i > 0 {
			aside += fmt.Sprintf("-%d", i)
		}
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			return aside, os.Rename(path, aside)
		}
	}
	return "", errors.New("no free name to keep the old file under")
}
