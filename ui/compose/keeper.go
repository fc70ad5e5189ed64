package compose

import (
	"errors"
	"strings"
	"sync"
	"time"

	"posthouse/app/compose"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// savePause is how long after a change what a person writes is kept.
const savePause = time.Second

// Keeper has what a person writes in a room kept in a file, soon after it changes. It is the UI
// goroutine's; the file is read and written beside it, by one at a time.
type Keeper[K any] struct {
	KeeperDeps[K]
	Loss []string // what is to be said of the file

	asked  bool // what was kept is being read, or was
	loaded bool // it was read, or can be written
	dirty  bool
	saving bool
	timer  *time.Timer

	file  sync.Mutex // held while the file is written
	ended bool       // under file: what is older than what End wrote is not written over it
}

// KeeperDeps is what a Keeper needs of its room.
type KeeperDeps[K any] struct {
	Path string // "" nowhere
	Do   func(func())
	Work func(slow func() func())
	Load func(path string) (K, error)
	Save func(path string, kept K) (left []string, err error)
	Kept func() K // what the file is to hold
	Take func(K)  // puts what the file had before what was written meanwhile
	Told func()   // Loss says something else
	Says KeeperWords
}

// KeeperWords are keys of the catalogue.
type KeeperWords struct {
	Damaged, DamagedStays string // what is wrong, and where the file is
	Left                  string // what had no room, of how much there is
	Unsaved               string // why
	Most                  int64  // bytes of the file
}

// Ask reads what was kept, the first time.
func (k *Keeper[K]) Ask() {
	if k.asked {
		return
	}
	k.asked = true
	if k.Path == "" {
		k.loaded = true
		return
	}
	k.Work(func() func() {
		kept, err := k.Load(k.Path)
		return func() {
			var damaged *compose.DamagedError
			switch errors.As(err, &damaged); {
			case damaged == nil:
			case damaged.Aside == "":
				k.Loss = []string{i18n.T(k.Says.DamagedStays, words.ReasonText(damaged.Err), visible.Text(k.Path))}
			default:
				k.Loss = []string{i18n.T(k.Says.Damaged, words.ReasonText(damaged.Err), visible.Text(damaged.Aside))}
			}
			k.loaded = damaged == nil || damaged.Aside != ""
			k.Take(kept)
			if k.dirty {
				k.Touch()
			}
		}
	})
}

// Loaded reports whether what was kept has been read.
func (k *Keeper[K]) Loaded() bool { return k.loaded }

// Touch has what is written be kept soon.
func (k *Keeper[K]) Touch() {
	k.dirty = true
	if k.Path == "" || k.timer != nil || k.saving || !k.loaded {
		return
	}
	k.timer = time.AfterFunc(savePause, func() {
		k.Do(func() {
			k.timer = nil
			k.save()
		})
	})
}

func (k *Keeper[K]) save() {
	if !k.dirty || k.saving || !k.loaded {
		return
	}
	k.dirty, k.saving = false, true
	kept := k.Kept()
	k.Work(func() func() {
		left, err := k.write(kept, false)
		return func() {
			k.saving, k.Loss = false, nil
			if len(left) > 0 {
				k.Loss = append(k.Loss, i18n.T(k.Says.Left, visible.Text(words.ShortText(strings.Join(left, ", "), 200)),
					words.SizeText(k.Says.Most)))
			}
			if err != nil {
				k.Loss = append(k.Loss, i18n.T(k.Says.Unsaved, words.ReasonText(err)))
			}
			k.Told()
			if k.dirty {
				k.Touch()
			}
			k.dirty = k.dirty || err != nil // the next change and the end try again
		}
	})
}

// write writes the file, unless what is younger has been.
func (k *Keeper[K]) write(kept K, last bool) (left []string, err error) {
	k.file.Lock()
	defer k.file.Unlock()
	if k.ended {
		return nil, nil
	}
	k.ended = last
	return k.Save(k.Path, kept)
}

// End writes what is not written yet. It waits for nothing but the file.
func (k *Keeper[K]) End() {
	if k.timer != nil {
		k.timer.Stop()
	}
	if (k.dirty || k.saving) && k.loaded && k.Path != "" { // of what was being written nobody said how it ended
		_, _ = k.write(k.Kept(), true) // no window is left to say it in
	}
}
