package sysproxy

import (
	"context"
	"slices"
	"strings"

	"posthouse/proxy/signal"
)

// A Watcher hears of changes of the state: C has something after each, and the
// latest state is read from the Manager.
type Watcher = signal.Watcher

// Watch returns a watcher; its C has something from the start.
func (m *Manager) Watch() *Watcher { return m.watchers.Watch() }

// State returns the state as it is.
func (m *Manager) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

func (m *Manager) change(how func(*State)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	how(&m.state)
	m.watchers.Set()
}

func stamps(all []backend) string {
	var b strings.Builder
	for _, x := range all {
		b.WriteString(x.name() + " " + x.stamp() + "\n")
	}
	return b.String()
}

// look notices that the settings are not ours any more, or ours again. Each is
// told once: a change of the phase.
func (m *Manager) look() {
	if m.journal == nil {
		return
	}
	all := backendsOf(m.journal)
	now := stamps(all)
	if !hasJournal(m.o.Dir) { // restored by hand
		m.switchedOff(Report{})
		return
	}
	if now == m.stamps {
		return
	}
	phase := On
	var there []Summary
	for _, b := range all {
		i := slices.IndexFunc(m.journal.Sections, func(s section) bool { return s.Backend == b.name() })
		if i < 0 {
			continue
		}
		snap, err := b.read(context.Background())
		if err != nil {
			return // looked at again
		}
		there = append(there, b.summary(snap.Values))
		if !inForce(m.journal.Sections[i], snap.Values, b.ties(snap.Values)) {
			phase = Taken
		}
	}
	m.stamps = now
	if phase == On {
		there = nil
	}
	if m.State().Phase != phase {
		m.o.Log.Info("the system proxy was changed from outside", "now", phase.String())
		m.change(func(s *State) { s.Phase, s.Now = phase, there })
	}
}

// inForce reports whether switch and addresses are what they were when all was
// written. What was not written counts too, because it was as it had to be: the
// switch of a user who had a proxy already, or one half of an address.
func inForce(s section, now Values, t ties) bool {
	keys := slices.Clone(t.masters)
	for _, group := range t.groups {
		if s.wroteAny(group) {
			keys = append(keys, group...)
		}
	}
	return !slices.ContainsFunc(keys, func(key string) bool {
		if t.vanishing && !now[key].Set {
			return false
		}
		return !t.holds(s.expected(key), now[key])
	})
}

// backendsOf are the backends of a journal, for reading.
func backendsOf(j *journal) []backend {
	var all []backend
	for _, s := range j.Sections {
		if b := backendNamed(s.Backend, commandsUnder(nil)); b != nil {
			all = append(all, b)
		}
	}
	return all
}
