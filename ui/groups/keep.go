package groups

import (
	"strings"
	"time"

	"posthouse/app/groups"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// savePause is how long after a change groups are written down.
const savePause = time.Second

// touch has what is put together be kept soon.
func (r *Room) touch() {
	r.dirty = true
	if r.deps.Path == "" || r.timer != nil || r.saving || !r.loaded {
		return
	}
	r.timer = time.AfterFunc(savePause, func() {
		r.deps.Do(func() {
			r.timer = nil
			r.save()
		})
	})
}

// kept is what the file is to hold. An empty group is not kept.
func (r *Room) kept() *groups.Kept {
	k := &groups.Kept{}
	for _, g := range r.groups {
		if untouched(g) {
			continue
		}
		if g == r.now {
			k.Selected = len(k.Groups)
		}
		k.Groups = append(k.Groups, g.Clone())
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
		left, err := groups.Save(path, k)
		return func() {
			r.saving, r.loss = false, nil
			if len(left) > 0 {
				r.loss = append(r.loss, i18n.T("groups.left", visible.Text(words.ShortText(strings.Join(left, ", "), 200)),
					words.SizeText(groups.MaxKept)))
			}
			if err != nil {
				r.loss = append(r.loss, i18n.T("groups.unsaved", words.ReasonText(err)))
			}
			r.tell()
			if r.dirty {
				r.touch()
			}
		}
	})
}

// End saves what is put together and ends what is under way. It waits for nothing but the file.
func (r *Room) End() {
	if r.timer != nil {
		r.timer.Stop()
	}
	r.stop()
	if r.dirty && r.loaded && r.deps.Path != "" {
		_, _ = groups.Save(r.deps.Path, r.kept()) // no window is left to say it in
	}
}
