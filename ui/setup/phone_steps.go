package setup

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
)

// phoneSteps says what to do on the device, in two columns.
type phoneSteps struct {
	object  fyne.CanvasObject
	systems []*phoneSystem
}

type phoneSystem struct {
	key   string
	lines []*widget.Label
}

func newPhoneSteps() *phoneSteps {
	s := &phoneSteps{}
	columns := container.NewGridWithColumns(2)
	for _, key := range []string{"ios", "android"} {
		system := &phoneSystem{key: key}
		box := tight(strong(i18n.T("phone.on." + key)))
		for i, line := range strings.Split(i18n.T("phone.steps."+key, "", ""), "\n") {
			number := note(strconv.Itoa(i + 1))
			text := note(line)
			system.lines = append(system.lines, text)
			box.Add(container.NewBorder(nil, nil, container.NewVBox(number), nil, text))
		}
		s.systems = append(s.systems, system)
		columns.Add(box)
	}
	s.object = columns
	return s
}

// show puts the proxy's address into the steps.
func (s *phoneSteps) show(host, port string) {
	for _, system := range s.systems {
		for i, line := range strings.Split(i18n.T("phone.steps."+system.key, host, port), "\n") {
			setLabel(system.lines[i], line)
		}
	}
}
