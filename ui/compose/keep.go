package compose

import (
	"strings"
	"time"

	"posthouse/app/compose"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// savePause is how long after a change requests are written down.
const savePause = time.Second

// touch has what is written be kept soon.
func (r *Room) touch() {
	r.dirty = true
	if r.deps.Path == "" || r.timer != nil || r.saving {
		return
	}
	r.timer = time.AfterFunc(savePause, func() {
		r.deps.Do(func() {
			r.timer = nil
			r.save()
		})
	})
}

func (r *Room) kept() *compose.Kept {
	k := &compose.Kept{}
	for i, t := range r.tabs {
		if t == r.now {
			k.Selected = i
		}
		k.Drafts = append(k.Drafts, t.draft.Clone())
	}
	return k
}

// save writes the file beside the UI goroutine, one writer at a time.
func (r *Room) save() {
	if !r.dirty || r.saving || !r.loaded {
		return
	}
	r.dirty, r.saving = false, true
	k, path := r.kept(), r.deps.Path
	r.deps.Work(func() func() {
		left, err := compose.Save(path, k)
		return func() {
			r.saving = false
			r.loss = nil
			if len(left) > 0 {
				r.loss = append(r.loss, i18n.T("compose.left", visible.Text(words.ShortText(strings.Join(left, ", "), 200)),
					words.SizeText(compose.MaxKept)))
			}
			if err != nil {
				r.loss = append(r.loss, i18n.T("compose.unsaved", words.ReasonText(err)))
			}
			r.tell()
			if r.dirty {
				r.touch()
			}
		}
	})
}
