package history

import (
	"sync"
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// stuckFile does not answer until it may.
type stuckFile struct {
	file
	until <-chan struct{}
}

func (f stuckFile) WriteAt(p []byte, at int64) (int, error) {
	<-f.until
	return f.file.WriteAt(p, at)
}

// Traffic, readers and Stats wait for no disk, however long it does not answer; what leaves
// memory meanwhile is counted.
func TestNothingWaitsForADiskThatDoesNotAnswer(t *testing.T) {
	h := openTest(t, Options{Folder: t.TempDir()})
	answers := make(chan struct{})
	release := sync.OnceFunc(func() { close(answers) })
	defer release()
	_ = h.do(func() error {
		through(t, func(f file, _ string) file { return stuckFile{f, answers} })
		h.writer.tail.file = stuckFile{h.writer.tail.file, answers}
		return nil
	})
	s := capture.New(capture.Options{Budget: 2 << 20})
	h.Follow(s)
	tr := newTraffic(false)
	const n = 20_000
	x := tr.exchange(1)
	for range n { // returns, or the test does not end
		play(s, &x)
	}
	wait(t, h, "it lags", func(s Stats) bool { return s.Rows > 0 })
	rows := h.Rows(1, 10)
	if len(rows) == 0 {
		t.Fatal("no rows")
	}
	if _, err := h.Get(rows[0].ID); err != nil { // not yet written
		t.Error(err)
	}
	if s := s.Stats(); s.Captured != n {
		t.Errorf("%+v", s)
	}
	release()
	wait(t, h, "all are accounted for", func(s Stats) bool {
		return s.Rows+s.NotOnDisk.Late+s.NotOnDisk.Early+s.NotOnDisk.Failed == n
	})
	var last flow.ID
	h.Each(func(row *flow.Row) { last = row.ID })
	if last == 0 {
		t.Error("nothing was written")
	}
}
