package process

import (
	"bytes"
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
	names  [8192]byte // of a directory, as many as it has room for
}

// wanted is a socket whose process is looked for.
type wanted struct {
	index int // of the question
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
			all = append(all, wanted{i, h})
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
	// Of programs that connect for each request one has mostly closed a socket meanwhile, and a look
	// into all processes would find nobody who holds it.
	all = stillHeld(owners, questions, all, apps)
	if len(all) > 0 && pids == nil {
		pids = processes(given)
	}
	for _, pid := range pids {
		if len(all) == 0 {
			return apps
		}
		all = s.search(pid, all, apps)
	}
	stillHeld(owners, questions, all, apps) // who holds the others may not be looked into
	return apps
}

// stillHeld returns the sockets that a process holds still, and notes of the others that they ended.
func stillHeld(owners *socket.Owners, questions []question, all []wanted, apps []flow.App) []wanted {
	return slices.DeleteFunc(all, func(w wanted) bool {
		h, known := owners.Of(questions[w.index].client, questions[w.index].own)
		ended := known && h.Inode != w.held.Inode
		if ended {
			apps[w.index] = flow.AppEnded
		}
		return ended
	})
}

// lastGiven is the PID that was given last, to a process or a thread; 0 if it is not known.
func lastGiven() int {
	loads, err := openNode(unix.AT_FDCWD, "/proc/loadavg", unix.O_RDONLY)
	if err != nil {
		return 0
	}
	defer loads.close()
	var b [128]byte
	fields := bytes.Fields(loads.read(b[:]))
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
	all, err := openNode(unix.AT_FDCWD, "/proc", unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil
	}
	defer all.close()
	var pids []int
	all.each(make([]byte, len(system{}.names)), func(name []byte) bool {
		if pid, err := strconv.Atoi(string(name[:len(name)-1])); err == nil {
			pids = append(pids, pid)
		}
		return true
	})
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
	process, err := openNode(unix.AT_FDCWD, "/proc/"+strconv.Itoa(pid), unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		s.forget(pid)
		return all
	}
	defer process.close()
	if !slices.Contains(s.recent, pid) && !mayHold(process, all) {
		return all
	}
	app := flow.App{Path: s.executable(process), PID: int32(pid)}
	fds, err := openNode(process, "fd", unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return all
	}
	defer fds.close()
	fds.each(s.names[:], func(name []byte) bool {
		inode := socketInode(fds.link(name, s.link[:]))
		i := slices.IndexFunc(all, func(w wanted) bool { return inode != 0 && w.held.Inode == inode })
		if i < 0 {
			return true
		}
		if app.Name == "" {
			if app.Name = nameOf(app.Path, process); app.Name == "" {
				return true
			}
			s.remember(pid)
		}
		apps[all[i].index] = app
		all = slices.Delete(all, i, i+1)
		return len(all) > 0
	})
	return all
}

// socketInode reads what a descriptor of a socket links to, such as socket:[12345]; 0 for any other.
func socketInode(link []byte) uint32 {
	number, ok := bytes.CutPrefix(link, []byte("socket:["))
	if !ok || len(number) == 0 {
		return 0
	}
	inode, _ := strconv.ParseUint(string(number[:len(number)-1]), 10, 32)
	return uint32(inode)
}

// mayHold reports whether a process is of a user whose sockets are looked for;
// root's may hold anybody's.
func mayHold(process node, all []wanted) bool {
	var st unix.Stat_t
	if unix.Fstat(int(process), &st) != nil {
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
func (s *system) executable(process node) string {
	path := process.link([]byte("exe\x00"), s.link[:])
	if len(path) == 0 || path[0] != '/' {
		return ""
	}
	return strings.TrimSuffix(string(path), " (deleted)")
}

// nameOf is the name of the file that runs, or the one that the kernel has for the
// process, at most 15 bytes.
func nameOf(path string, process node) string {
	if path != "" {
		return filepath.Base(path)
	}
	comm, err := openNode(process, "comm", unix.O_RDONLY)
	if err != nil {
		return ""
	}
	defer comm.close()
	var b [64]byte
	return strings.TrimSpace(strings.ToValidUTF8(string(comm.read(b[:])), "\ufffd"))
}
