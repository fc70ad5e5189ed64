package compose

import "posthouse/app/compose"

// newKeeper keeps the tabs' requests.
func newKeeper(r *Room) *Keeper[*compose.Kept] {
	return &Keeper[*compose.Kept]{KeeperDeps: KeeperDeps[*compose.Kept]{Path: r.deps.Path, Do: r.deps.Do, Work: r.deps.Work,
		Load: compose.Load, Save: compose.Save, Kept: r.kept, Take: r.take, Told: func() { r.tell() },
		Says: KeeperWords{Damaged: "compose.damaged", DamagedStays: "compose.damaged.stays", Left: "compose.left",
			Unsaved: "compose.unsaved", Most: compose.MaxKept}}}
}

// touch has what is written be kept soon.
func (r *Room) touch() { r.keeper.Touch() }

// kept is what the file is to hold.
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

// take puts what was kept before what was written meanwhile.
func (r *Room) take(kept *compose.Kept) {
	var before []*tab
	for _, d := range kept.Drafts {
		before = append(before, &tab{draft: d})
	}
	if len(before) > 0 && len(r.tabs) == 1 && r.untouched(r.tabs[0]) { // it stood there meanwhile
		r.tabs, r.now = before, before[kept.Selected]
	} else {
		r.tabs = append(before, r.tabs...)
	}
	r.show()
}
