package groups

import (
	"posthouse/app/groups"
	"posthouse/ui/compose"
)

// newKeeper keeps the groups.
func newKeeper(r *Room) *compose.Keeper[*groups.Kept] {
	return &compose.Keeper[*groups.Kept]{KeeperDeps: compose.KeeperDeps[*groups.Kept]{Path: r.deps.Path, Do: r.deps.Do, Work: r.deps.Work,
		Load: groups.Load, Save: groups.Save, Kept: r.kept, Take: r.take, Told: func() { r.tell() },
		Says: compose.KeeperWords{Damaged: "groups.damaged", DamagedStays: "groups.damaged.stays", Left: "groups.left",
			Unsaved: "groups.unsaved", Most: groups.MaxKept}}}
}

// touch has what is put together be kept soon.
func (r *Room) touch() { r.keeper.Touch() }

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

// take puts what was kept before what was made meanwhile.
func (r *Room) take(kept *groups.Kept) {
	if len(kept.Groups) > 0 {
		if len(r.groups) == 1 && untouched(r.now) {
			r.groups = kept.Groups
			r.choose(kept.Groups[kept.Selected])
		} else {
			r.groups = append(kept.Groups, r.groups...)
		}
	}
	r.show()
}

// End saves what is put together and ends what is under way. It waits for nothing but the file.
func (r *Room) End() {
	r.stop()
	r.keeper.End()
}
