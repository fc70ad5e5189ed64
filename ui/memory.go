package ui

import (
	"slices"

	"posthouse/app"
)

// memory is how the window stood when it was last seen, and what was said to this user
// once and for all. It belongs to the UI goroutine.
type memory struct {
	app.WindowState
	file app.WindowFile
}

func remembered(path string) *memory {
	m := &memory{WindowState: app.DefaultWindowState(), file: app.WindowFile{Path: path}}
	if path != "" {
		m.WindowState = app.LoadWindowState(path)
	}
	return m
}

// save writes it down.
func (m *memory) save() { m.file.Save(m.WindowState) }

// said reports whether something was said, in this run or before.
func (m *memory) said(key string) bool { return slices.Contains(m.Said, key) }

// say remembers that it was said.
func (m *memory) say(key string) {
	if !m.said(key) {
		m.Said = append(m.Said, key)
		m.save()
	}
}
