package history

import (
	"os"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/capture"
)

// More than the disk keeps up with is shed in the order of Shedding, and each exchange is on the
// disk or counted. It lasts a second, or a minute with POSTHOUSE_LARGE.
func TestAFloodIsOnTheDiskOrCounted(t *testing.T) {
	const programs = 4
	lasts := time.Second
	if os.Getenv("POSTHOUSE_LARGE") != "" {
		lasts = time.Minute
	}
	h := openTest(t, Options{Folder: t.TempDir()})
	s := capture.New(capture.Options{Budget: 4 << 20})
	h.Follow(s)
	var sent [programs]uint64
	var running sync.WaitGroup
	for i := range programs {
		tr := newTraffic(i%2 == 1)
		pool := exchanges(tr, 200)
		running.Go(func() {
			for begun := time.Now(); time.Since(begun) < lasts; sent[i]++ {
				play(s, &pool[sent[i]%uint64(len(pool))])
			}
		})
	}
	running.Wait()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	all := uint64(0)
	for _, n := range sent {
		all += n
	}
	st := h.Stats()
	not := st.NotOnDisk
	t.Logf("%d exchanges, %d on the disk, %d of them without a body; late %d, failed %d", all, st.Rows, not.Bodies, not.Late, not.Failed)
	if st.Rows+not.Late+not.Early+not.Failed != all {
		t.Errorf("of %d exchanges %d are on the disk, and what is not is counted as %+v", all, st.Rows, not)
	}
}
