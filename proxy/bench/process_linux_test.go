package main

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	line := "42 (a (b) c d) S 7 42 42 0 -1 4194560 1 2 3 4 11 12 250 50 20 0 1 0 100 1 1"
	got, err := parseStat(line)
	if err != nil {
		t.Fatal(err)
	}
	if got.parent != 7 || got.children != 3*time.Second {
		t.Errorf("read %+v, want parent 7 and 3s", got)
	}
	for _, bad := range []string{"", "42", "42 (x) S 7", "42 (x) S p 42 42 0 -1 4194560 1 2 3 4 11 12 250 50 20",
		"42 (x) S 7 42 42 0 -1 4194560 1 2 3 4 11 12 x 50 20"} {
		if _, err := parseStat(bad); err == nil {
			t.Errorf("%q is read without an error", bad)
		}
	}
}

func TestStatusKiB(t *testing.T) {
	status := []byte("Name:\tVmRSS: 9 kB\nVmHWM:\t  2048 kB\nVmRSS:\t    1024 kB\n")
	if got := statusKiB(status, "VmRSS:"); got != 1024 {
		t.Errorf("VmRSS is %d", got)
	}
	if got := statusKiB(status, "VmHWM:"); got != 2048 {
		t.Errorf("VmHWM is %d", got)
	}
	if got := statusKiB(status, "VmSwap:"); got != 0 {
		t.Errorf("a missing field is %d", got)
	}
}

// The CPU time of a child that has ended is in what its parent has used.
func TestMeasureCountsChildren(t *testing.T) {
	cmd := exec.Command("sh", "-c", `sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; echo done; read wait`)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	u, err := (&process{cmd: cmd}).measure()
	if err != nil {
		t.Fatal(err)
	}
	if u.cpu < 20*time.Millisecond || u.rss == 0 || u.peak < u.rss || u.descriptors < 3 {
		t.Errorf("measured %+v", u)
	}
}

func TestTreeHoldsDescendants(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	pids, err := tree(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if pids[0] != os.Getpid() || !slices.Contains(pids, cmd.Process.Pid) {
		t.Errorf("%d with its child %d is %v", os.Getpid(), cmd.Process.Pid, pids)
	}
}

func TestPartCPUs(t *testing.T) {
	if proxies, load := partCPUs([]int{0, 1, 2}); proxies != nil || len(load) != 3 {
		t.Errorf("three CPUs were parted into %v and %v", proxies, load)
	}
	proxies, load := partCPUs([]int{2, 3, 6, 7, 9})
	if joinInts(proxies) != "2,3" || joinInts(load) != "6,7,9" {
		t.Errorf("parted into %v and %v", proxies, load)
	}
}
