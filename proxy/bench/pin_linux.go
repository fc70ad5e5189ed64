package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// proxyCPUs carries the proxies' CPUs over the harness' restart.
const proxyCPUs = "POSTHOUSE_BENCH_PROXY_CPUS"

const minimumToPin = 4 // cores; with fewer, everything shares all of them

// pin restarts the harness on the CPUs that are for load and origin, and
// returns the ones for the proxies ("" where there are too few to part them).
// A restart is the only way to move all threads of a Go program at once.
func pin() (string, error) {
	if cpus, done := os.LookupEnv(proxyCPUs); done {
		return cpus, nil
	}
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return "", fmt.Errorf("asking for the CPUs: %w", err)
	}
	proxies, load := partCPUs(cpuList(&allowed))
	if proxies == nil {
		return "", nil
	}
	var set unix.CPUSet
	for _, cpu := range load {
		set.Set(cpu)
	}
	runtime.LockOSThread()
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return "", fmt.Errorf("choosing the CPUs of load and origin: %w", err)
	}
	env := append(os.Environ(), proxyCPUs+"="+joinInts(proxies))
	return "", fmt.Errorf("restarting: %w", syscall.Exec("/proc/self/exe", os.Args, env))
}

// partCPUs gives the proxies two CPUs and load and origin all others.
func partCPUs(all []int) (proxies, load []int) {
	if len(all) < minimumToPin {
		return nil, all
	}
	return all[:2], all[2:]
}

func cpuList(set *unix.CPUSet) []int {
	var list []int
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			list = append(list, cpu)
		}
	}
	return list
}

func joinInts(list []int) string {
	text := make([]string, len(list))
	for i, n := range list {
		text[i] = strconv.Itoa(n)
	}
	return strings.Join(text, ",")
}
