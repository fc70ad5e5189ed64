package proxy_test

import (
	"os"
	"runtime"
	"testing"

	"posthouse/proxy/proxytest"
)

// An idle tunnel holds two descriptors and neither buffer nor pipe, also after
// bulk has passed through it.
func TestIdleTunnelsAreSmall(t *testing.T) {
	const tunnels = 400
	const most = 12 << 10 // bytes each, the test's own two ends included
	p := proxytest.Start(t)
	origin := p.Origin()
	talk := func(n int) {
		client := p.Client().Quiet()
		client.Send(connect)
		at := origin.Accept().Quiet()
		client.ExpectStatus(200)
		b := make([]byte, n)
		client.SendBytes(b)
		at.ExpectN(n)
		at.SendBytes(b)
		client.ExpectN(n)
	}
	for range 20 {
		talk(256 << 10) // pools and maps have grown
	}
	filesBefore, memoryBefore := openFiles(t), memory()
	for range tunnels {
		talk(1)
	}
	files, bytes := openFiles(t)-filesBefore, memory()-memoryBefore
	if filesBefore > 0 && files > 4*tunnels+8 { // two are the proxy's, two the test's
		t.Errorf("%d descriptors for %d tunnels", files, tunnels)
	}
	if each := bytes / tunnels; each > most && !raceDetector {
		t.Errorf("%d bytes each, want at most %d", each, most)
	} else {
		t.Logf("%d bytes each", each)
	}
}

// memory is what heap and stacks take after a collection.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// openFiles counts this process's descriptors, 0 where they cannot be counted.
func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
