package process

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"posthouse/proxy/flow"
	"posthouse/proxy/socket"
)

// maxRecent bounds how many processes are remembered. They are looked at first.
const maxRecent = 32

// system looks connections up. Its owner is one goroutine.
type system struct {
	recent []found // the newest last
}

// found is a process that had connections.
type found struct {
	app     flow.App
	started string // when, in clock ticks since boot: a PID may be given again
}

// wanted is a socket whose process is looked for.
type wanted struct {
	index int    // of the question
	name  string // what a descriptor of it links to
	uid   uint32
}

// find answers questions, in their order.
func (s *system) find(questions []question) []flow.App {
	apps := make([]flow.App, len(questions))
	var all []wanted
	for i, q := range questions {
		if h, known := socket.Owner(q.client, q.own); known && h.Inode != 0 {
			all = append(all, wanted{i, "socket:[" + strconv.FormatUint(uint64(h.Inode), 10) + "]", h.UID})
		}
	}
	for i := len(s.recent) - 1; i >= 0 && len(all) > 0; i-- {
		all = s.search(int(s.recent[i].app.PID), all, apps)
	}
	if len(all) == 0 {
		return apps
	}
	for _, pid := range processes() {
		if all = s.search(pid, all, apps); len(all) == 0 {
			break
		}
	}
	return apps
}

// processes lists the PIDs of this machine, those made last first: who has just
// connected has most often just begun.
func processes() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	slices.Reverse(pids)
	return pids
}

// search looks for sockets among the descriptors of a process, notes the app of
// those found, and returns the others.
func (s *system) search(pid int, all []wanted, apps []flow.App) []wanted {
	dir := "/proc/" + strconv.Itoa(pid)
	if !mayHold(dir, all) {
		return all
	}
	started := startOf(dir)
	fds := descriptors(dir + "/fd")
	for _, fd := range fds {
		path := dir + "/fd/" + fd
		link, err := os.Readlink(path)
		if err != nil || !strings.HasPrefix(link, "socket:[") {
			continue
		}
		i := slices.IndexFunc(all, func(w wanted) bool { return w.name == link })
		if i < 0 {
			continue
		}
		app := s.identify(pid, dir, started)
		// Only if the process still is the same one, and holds the socket, is it surely who asked.
		if again, err := os.Readlink(path); app.Name != "" && err == nil && again == link && startOf(dir) == started {
			apps[all[i].index] = app
		}
		all = slices.Delete(all, i, i+1)
		if len(all) == 0 {
			break
		}
	}
	return all
}

// mayHold reports whether a process is of a user whose sockets are looked for;
// root's may hold anybody's.
func mayHold(dir string, all []wanted) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || st.Uid == 0 || slices.ContainsFunc(all, func(w wanted) bool { return w.uid == st.Uid })
}

// descriptors lists a process's descriptors, unsorted; none where it may not be looked into.
func descriptors(dir string) []string {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer func() { _ = d.Close() }()
	names, _ := d.Readdirnames(-1)
	return names
}

// identify says what runs in a process, from memory if it is the same one.
func (s *system) identify(pid int, dir, started string) flow.App {
	for i, f := range s.recent {
		if int(f.app.PID) == pid {
			s.recent = slices.Delete(s.recent, i, i+1)
			if f.started == started && f.app.Path == executable(dir) {
				s.recent = append(s.recent, f)
				return f.app
			}
			break
		}
	}
	app := flow.App{Path: executable(dir), PID: int32(pid)}
	app.Name = filepath.Base(app.Path)
	if app.Path == "" {
		app.Name = command(dir)
	}
	if app.Name == "" || started == "" {
		return flow.App{}
	}
	if len(s.recent) == maxRecent {
		s.recent = slices.Delete(s.recent, 0, 1)
	}
	s.recent = append(s.recent, found{app, started})
	return app
}

// executable is the file that runs, "" where that may not be known. One that was
// replaced meanwhile, as by an update, keeps its name.
func executable(dir string) string {
	path, err := os.Readlink(dir + "/exe")
	if err != nil || !filepath.IsAbs(path) {
		return ""
	}
	return strings.TrimSuffix(path, " (deleted)")
}

// command is the name that the kernel has for the process, at most 15 bytes.
func command(dir string) string {
	b, err := os.ReadFile(dir + "/comm")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(strings.ToValidUTF8(string(b), "\ufffd"))
}

// startOf is field 22 of /proc/PID/stat (proc(5)), "" if the process is gone.
func startOf(dir string) string {
	b, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return ""
	}
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:]) // the name before it may hold anything
	const starttime = 22 - 3
	if len(fields) <= starttime {
		return ""
	}
	return string(fields[starttime])
}
