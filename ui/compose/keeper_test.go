package compose

import (
	"testing"
	"testing/synctest"
)

// What is written while the file is still being read is kept too, behind what the file had.
func TestWhatIsWrittenBeforeTheFileIsReadIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := make(chan func(), 8)
		read := make(chan struct{})
		var saved, now string
		k := &Keeper[string]{KeeperDeps: KeeperDeps[string]{
			Path: "a", Do: func(f func()) { calls <- f },
			Work: func(slow func() func()) { go func() { calls <- slow() }() },
			Load: func(string) (string, error) { <-read; return "before ", nil },
			Save: func(_, kept string) ([]string, error) { saved = kept; return nil, nil },
			Kept: func() string { return now }, Take: func(before string) { now = before + now }, Told: func() {}}}
		k.Ask()
		now = "meanwhile"
		k.Touch()
		close(read)
		for k.dirty || k.saving || !k.loaded {
			(<-calls)()
		}
		if k.End(); saved != "before meanwhile" {
			t.Errorf("it has %q", saved)
		}
	})
}
