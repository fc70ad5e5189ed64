package process

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"posthouse/proxy/flow"
	"posthouse/proxy/socket"
)

// maxRecent bounds how many processes are remembered, and maxFresh how many of those
// made since the last look are looked at before them.
const (
	maxRecent = 32
	maxFresh  = 32
)

// system looks connections up. Its owner is one goroutine.
type system struct {
	recent []int      // PIDs of processes that had connections, the newest last
	given  int        // the PID that was given last when it was looked before
	link   [4096]byte // what a link leads to
}

// wanted is a socket whose process is looked for.
type wanted struct {
	index int    // of the question
	name  string // what a descriptor of it links to
	held  socket.Held
}

// find answers questions, in their order. Who has just connected has most often just
// begun, and may end any moment: processes made since the last look come first, then
// those that had connections before, then all others.
func (s *system) find(questions []question) []flow.App {
	apps := make([]flow.App, len(questions))
	owners, err := socket.OpenOwners()
	if err != nil {
		return apps
	}
	defer owners.Close()
	var all []wanted
	for i, q := range questions {
		switch h, known := owners.Of(q.client, q.own); {
		case known && h.Inode == 0:
			apps[i] = flow.AppEnded
		case known:
			all = append(all, wanted{i, "socket:[" + strconv.FormatUint(uint64(h.Inode), 10) + "]", h})
		}
	}
	if len(all) == 0 {
		return apps
	}
	given := lastGiven()
	var pids []int
	if given != s.given || given == 0 {
		pids = processes(given)
		fresh := 0
		for fresh < len(pids) && fresh < maxFresh && madeSince(pids[fresh], s.given, given) && len(all) > 0 {
			all = s.search(pids[fresh], all, apps)
			fresh++
		}
		pids = pids[fresh:]
		s.given = given
	}
	for _, pid := range slices.Backward(slices.Clone(s.recent)) {
		if len(all) == 0 {
			return apps
		}
		all = s.search(pid, all, apps)
	}
	if len(all) > 0 && pids == nil {
		pids = processes(given)
	}
	for _, pid := range pids {
		if len(all) == 0 {
			return apps
		}
		all = s.search(pid, all, apps)
	}
	for _, w := range all { // who still holds it may not be looked into
		if h, known := owners.Of(questions[w.index].client, questions[w.index].own); known && h.Inode != w.held.Inode {
			apps[w.index] = flow.AppEnded
		}
	}
	return apps
}

// lastGiven is the PID that was given last, to a process or a thread; 0 if it is not known.
func lastGiven() int {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(b)
	if len(fields) == 0 {
		return 0
	}
	pid, _ := strconv.Atoi(string(fields[len(fields)-1]))
	return pid
}

// madeSince reports whether a PID was given after before and up to last. PIDs rise
// until there are no higher ones, and then begin again.
func madeSince(pid, before, last int) bool {
	if before <= last {
		return pid > before && pid <= last
	}
	return pid > before || pid <= last
}

// processes lists the PIDs of this machine, those made last first.
func processes(given int) []int {
	d, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer func() { _ = d.Close() }()
	names, _ := d.Readdirnames(-1)
	pids := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	slices.Reverse(pids)
	// What is above the PID given last is older: it was given the round before.
	older := slices.IndexFunc(pids, func(pid int) bool { return pid <= given })
	if older > 0 {
		pids = append(pids[older:len(pids):len(pids)], pids[:older]...)
	}
	return pids
}

// search looks for sockets among the descriptors of a process, notes the app of
// those found, and returns the others. The process is held by a descriptor of its
// directory, which leads to no other one when the PID is given again. Its name is read
// first, so that only a process is named that holds the socket afterwards.
func (s *system) search(pid int, all []wanted, apps []flow.App) []wanted {
	process, err := unix.Open("/proc/"+strconv.Itoa(pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		s.forget(pid)
		return all
	}
	defer func() { _ = unix.Close(process) }()
	if !mayHold(process, all) {
		return all
	}
	app := flow.App{Path: s.executable(process), PID: int32(pid)}
	fd, err := unix.Openat(process, "fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return all
	}
	fds := os.NewFile(uintptr(fd), "fd")
	defer func() { _ = fds.Close() }()
	names, _ := fds.Readdirnames(-1)
	for _, name := range names {
		n, err := unix.Readlinkat(fd, name, s.link[:])
		if err != nil || !bytes.HasPrefix(s.link[:n], []byte("socket:[")) {
			continue
		}
		i := slices.IndexFunc(all, func(w wanted) bool { return w.name == string(s.link[:n]) })
		if i < 0 {
			continue
		}
		if app.Name == "" {
			if app.Name = nameOf(app.Path, process); app.Name == "" {
				continue
			}
			s.remember(pid)
		}
		apps[all[i].index] = app
		if all = slices.Delete(all, i, i+1); len(all) == 0 {
			break
		}
	}
	return all
}

// mayHold reports whether a process is of a user whose sockets are looked for;
// root's may hold anybody's.
func mayHold(process int, all []wanted) bool {
	var st unix.Stat_t
	if unix.Fstat(process, &st) != nil {
		return false
	}
	return st.Uid == 0 || slices.ContainsFunc(all, func(w wanted) bool { return w.held.UID == st.Uid })
}

// remember puts a process behind all that had connections before.
func (s *system) remember(pid int) {
	s.forget(pid)
	if len(s.recent) == maxRecent {
		s.recent = slices.Delete(s.recent, 0, 1)
	}
	s.recent = append(s.recent, pid)
}

func (s *system) forget(pid int) {
	if i := slices.Index(s.recent, pid); i >= 0 {
		s.recent = slices.Delete(s.recent, i, i+1)
	}
}

// executable is the file that runs, "" where that may not be known. One that was
// replaced meanwhile, as by an update, keeps its name.
func (s *system) executable(process int) string {
	n, err := unix.Readlinkat(process, "exe", s.link[:])
	if err != nil || n == 0 || s.link[0] != '/' {
		return ""
	}
	return strings.TrimSuffix(string(s.link[:n]), " (deleted)")
}

// nameOf is the name of the file that runs, or the one that the kernel has for the
// process, at most 15 bytes.
func nameOf(path string, process int) string {
	if path != "" {
		return filepath.Base(path)
	}
	fd, err := unix.Openat(process, "comm", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = unix.Close(fd) }()
	var b [64]byte
	n, err := unix.Read(fd, b[:])
	if err != nil {
		return ""
	}
	return strings.TrimSpace(strings.ToValidUTF8(string(b[:n]), "\ufffd"))
}
