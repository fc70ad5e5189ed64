package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// machine is what a figure must be read with.
type machine struct {
	when      time.Time
	cpu       string
	cores     int
	memory    int64 // bytes
	kernel    string
	goVersion string
	load      string // averages when the run began
	loadAtEnd string
	revision  string
	peers     []string // with their versions
}

func readMachine(proxies []contender) machine {
	m := machine{when: time.Now(), cores: cores(), goVersion: runtime.Version(), load: loadAverage(), revision: revision()}
	text, _ := os.ReadFile("/proc/cpuinfo") // missing facts stay empty
	m.cpu = cpuModel(string(text))
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.kernel = unix.ByteSliceToString(name.Sysname[:]) + " " + kernelNumber(unix.ByteSliceToString(name.Release[:]))
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		m.memory = int64(info.Totalram) * int64(info.Unit)
	}
	m.peers = append(m.peers, version("nginx", "-v"), version("wrk", "-v"), version("h2load", "--version"))
	for _, c := range proxies {
		switch c.name {
		case "privoxy", "tinyproxy":
			m.peers = append(m.peers, version(c.name, map[string]string{"privoxy": "--version", "tinyproxy": "-v"}[c.name]))
		case "squid", "apache", haproxy:
			m.peers = append(m.peers, version(c.needs, "-v"))
		case nghttpx, mitmdump:
			m.peers = append(m.peers, version(c.needs, "--version"))
		}
	}
	return m
}

// cores counts all that are online, not only those this process is pinned to.
func cores() int {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.NumCPU()
	}
	return strings.Count("\n"+string(text), "\nprocessor")
}

func cpuModel(cpuinfo string) string {
	for line := range strings.Lines(cpuinfo) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}

var leadingNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*`)

// kernelNumber drops a build's own suffix: 6.18.44-custom is 6.18.44.
func kernelNumber(release string) string { return leadingNumber.FindString(release) }

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	fields := strings.Fields(string(text))
	return strings.Join(fields[:min(1, len(fields))], "")
}

func revision() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

var versionNumber = regexp.MustCompile(`[0-9]+\.[0-9]+(\.[0-9]+)?`)

// version asks a program for its version; many leave with an error when asked.
func version(program, flag string) string {
	out, _ := exec.Command(program, flag).CombinedOutput()
	if n := versionNumber.FindString(string(out)); n != "" {
		return program + " " + n
	}
	return program
}

func (m machine) markdown() string {
	return fmt.Sprintf("%s; %s, %d cores, %d GiB; %s; %s; revision %s; load average %s at the start, %s at the end (the run's own work "+
		"included).\n\n%s; goproxy and martian as in proxy/bench/go.mod.\n",
		m.when.UTC().Format(time.DateOnly), m.cpu, m.cores, (m.memory+1<<29)>>30, m.kernel, m.goVersion, m.revision, m.load, m.loadAtEnd,
		strings.Join(m.peers, ", "))
}

// freeSpace is how many bytes a file system still takes.
func freeSpace(path string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * s.Bsize, nil
}
