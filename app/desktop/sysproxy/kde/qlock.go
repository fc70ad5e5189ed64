package kde

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"posthouse/proxy/bounded"
	"posthouse/proxy/reason"
)

const (
	qLockLimit = 2 * time.Second  // a program of KDE holds it for milliseconds
	qLockStale = 30 * time.Second // as Qt has it
	qLockPause = 10 * time.Millisecond
	qLockName  = "posthouse"
)

// takeQLock takes the lock that KDE's programs take when they write a settings
// file: a file beside it with process ID, program and host (Qt's QLockFile).
func takeQLock(path string) (release func(), err error) {
	path += ".lock"
	for deadline := time.Now().Add(qLockLimit); ; {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			host, _ := os.Hostname()
			_, err = fmt.Fprintf(f, "%d\n%s\n%s\n", os.Getpid(), qLockName, host)
			if err = errors.Join(err, f.Close()); err != nil {
				return nil, errors.Join(err, os.Remove(path))
			}
			return func() { _ = os.Remove(path) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if qLockIsStale(path) {
			_ = os.Remove(path)
			continue
		}
		if time.Now().After(deadline) {
			return nil, reason.New(reason.SettingsHeld, path)
		}
		time.Sleep(qLockPause)
	}
}

// maxQLock bounds what is read of a lock file, in bytes: a number and two names.
const maxQLock = 64 << 10

// qLockIsStale: its holder is dead, or it is older than any write takes.
func qLockIsStale(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	if time.Since(info.ModTime()) > qLockStale {
		return true
	}
	text, err := bounded.ReadFile(path, maxQLock)
	if err != nil {
		return false
	}
	lines := bytes.Split(text, []byte("\n"))
	pid, err := strconv.Atoi(string(lines[0]))
	if err != nil || len(lines) < 3 {
		return false
	}
	host, _ := os.Hostname()
	if string(lines[2]) != host {
		return false
	}
	// Another of ours cannot be at work: the caller holds our own lock too.
	return string(lines[1]) == qLockName && pid != os.Getpid() || gone(pid)
}
