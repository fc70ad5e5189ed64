package sysproxy

import (
	"context"
	"slices"
	"strings"

	"posthouse/app/desktop/sysproxy/backend"
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

func stamps(all []backend.Backend) string {
	var b strings.Builder
	for _, x := range all {
		b.WriteString(x.Name() + " " + x.Stamp() + "\n")
	}
	return b.String()
}

// look notices that the settings are no longer ours, or ours again. Each is
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
		i := slices.IndexFunc(m.journal.Sections, func(s backend.Section) bool { return s.Backend == b.Name() })
		if i < 0 {
			continue
		}
		snap, err := b.Read(context.Background())
		if err != nil {
			return // looked at again
		}
		there = append(there, b.Summary(snap.Values))
		if !m.journal.Sections[i].InForce(snap.Values, b.Ties(snap.Values)) {
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

// backendsOf are the backends of a journal, for reading.
func backendsOf(j *journal) []backend.Backend {
	var all []backend.Backend
	for _, s := range j.Sections {
		if b := backendNamed(s.Backend, commandsUnder(nil)); b != nil {
			all = append(all, b)
		}
	}
	return all
}
