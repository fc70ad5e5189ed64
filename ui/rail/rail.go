// Package rail is the slim rail at the left of the window that leads to its rooms. It
// belongs to the UI goroutine.
package rail

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	uiwidget "posthouse/ui/widget"
)

// Room is a room as the rail shows it.
type Room struct {
	ID   string        // stable
	Name string        // key of its name in package i18n
	Icon fyne.Resource // drawn in the colours of the theme
}

// Badge says at a room's icon that something goes on there. The zero Badge says nothing.
type Badge struct {
	Dot    bool
	Number int // shown in place of the dot; beyond 99 as "99+"
}

// Width is the rail's, in device-independent pixels.
const Width = 56

// Rail shows the rooms, one of them chosen.
type Rail struct {
	Object  fyne.CanvasObject
	entries []*entry
	chosen  func(id string)
}

// New makes the rail; its first room is chosen. chosen is called with the ID of the
// room that a person chooses, and Choose then shows it.
func New(rooms []Room, chosen func(id string)) *Rail {
	r := &Rail{chosen: chosen}
	column := container.New(uiwidget.TightColumn{})
	for _, room := range rooms {
		e := newEntry(r, room)
		r.entries = append(r.entries, e)
		column.Add(e)
	}
	if len(rooms) > 0 {
		r.Choose(rooms[0].ID)
	}
	back := uiwidget.NewShade(theme.ColorNameHeaderBackground)
	edge := uiwidget.NewShade(theme.ColorNameSeparator)
	r.Object = container.New(railLayout{}, back, column, edge)
	return r
}

// Choose marks a room as the one that is shown.
func (r *Rail) Choose(id string) {
	for _, e := range r.entries {
		if selected := e.room.ID == id; e.selected != selected {
			e.selected = selected
			e.Refresh()
		}
	}
}

// SetBadge says what goes on in a room; what stands there already costs nothing.
func (r *Rail) SetBadge(id string, b Badge) {
	for _, e := range r.entries {
		if e.room.ID == id && e.badge != b {
			e.badge = b
			e.Refresh()
		}
	}
}

// Badge is what goes on in a room.
func (r *Rail) Badge(id string) (b Badge) {
	for _, e := range r.entries {
		if e.room.ID == id {
			b = e.badge
		}
	}
	return b
}

// Retranslate puts the names in the language in force.
func (r *Rail) Retranslate() {
	for _, e := range r.entries {
		e.Refresh()
	}
}

// railLayout puts the rooms on the rail's shade, and its edge at the right.
type railLayout struct{}

func (railLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(Width, entryHeight) }

func (railLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	back, column, edge := objects[0], objects[1], objects[2]
	back.Resize(size)
	column.Resize(fyne.NewSize(size.Width-1, size.Height))
	edge.Resize(fyne.NewSize(1, size.Height))
	edge.Move(fyne.NewPos(size.Width-1, 0))
}

// themed is an icon that follows the theme in one of its colours.
func themed(icon fyne.Resource, name fyne.ThemeColorName) fyne.Resource {
	t := theme.NewThemedResource(icon)
	t.ColorName = name
	return t
}

// ComposeIcon is for the room where requests are written: a pen.
func ComposeIcon() fyne.Resource { return composeIcon }

var composeIcon = fyne.NewStaticResource("compose.svg", []byte(
	`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#000000" `+
		`d="M3.5 20.5 L4.6 15.6 L15.2 5 L19 8.8 L8.4 19.4 Z M16.5 3.7 L17.6 2.6 C18.2 2 19.1 2 19.7 2.6 L21.4 4.3 C22 4.9 22 5.8 21.4 6.4 `+
		`L20.3 7.5 Z"/></svg>`))

// RulesIcon is for the room of the rules: two sliders, each set to its place.
func RulesIcon() fyne.Resource { return rulesIcon }

var rulesIcon = fyne.NewStaticResource("rules.svg", []byte(
	`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#000000" `+
		`d="M3 6.8 L11 6.8 L11 9.2 L3 9.2 Z M19 6.8 L21 6.8 L21 9.2 L19 9.2 Z M15 4.5 A3.5 3.5 0 1 0 15 11.5 A3.5 3.5 0 1 0 15 4.5 Z `+
		`M3 14.8 L5 14.8 L5 17.2 L3 17.2 Z M13 14.8 L21 14.8 L21 17.2 L13 17.2 Z M9 12.5 A3.5 3.5 0 1 0 9 19.5 A3.5 3.5 0 1 0 9 12.5 Z"/>`+
		`</svg>`))

// WaitingIcon is for the room where messages wait for a person: a hand that stops, as two bars.
func WaitingIcon() fyne.Resource { return waitingIcon }

var waitingIcon = fyne.NewStaticResource("waiting.svg", []byte(
	`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#000000" `+
		`d="M12 2.5 A9.5 9.5 0 1 0 12 21.5 A9.5 9.5 0 1 0 12 2.5 Z M12 4.9 A7.1 7.1 0 1 1 12 19.1 A7.1 7.1 0 1 1 12 4.9 Z `+
		`M8.4 7.8 L11 7.8 L11 16.2 L8.4 16.2 Z M13 7.8 L15.6 7.8 L15.6 16.2 L13 16.2 Z" fill-rule="evenodd"/></svg>`))

// TrafficIcon is for the room where requests pass: one arrow each way.
func TrafficIcon() fyne.Resource { return trafficIcon }

var trafficIcon = fyne.NewStaticResource("traffic.svg", []byte(
	`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#000000" `+
		`d="M15 4.5 L20.5 9 L15 13.5 L15 10.2 L3.5 10.2 L3.5 7.8 L15 7.8 Z M9 10.8 L9 14 L20.5 14 L20.5 16.4 `+
		`L9 16.4 L9 19.6 L3.5 15.2 Z"/></svg>`))
