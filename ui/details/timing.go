package details

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
)

// timingPane shows where the time of an exchange went.
type timingPane struct {
	where  *waterfall
	note   *uiwidget.CutLabel
	object fyne.CanvasObject
}

func newTimingPane() *timingPane {
	t := &timingPane{where: newWaterfall(), note: uiwidget.NewCutLabel(style.ColorMuted)}
	t.object = container.NewVScroll(container.New(uiwidget.TightColumn{}, uiwidget.NewLowered(t.where), inset(t.note)))
	return t
}

func (t *timingPane) show(r *flow.Row) {
	t.where.show(r, time.Now())
	note := ""
	switch {
	case r.Kind == flow.KindLocal:
		note = i18n.T("details.timing_local")
	case r.Timing.Reused:
		note = i18n.T("details.timing_reused")
	}
	t.note.Set(note)
}

// shortSteps are the names of the steps where there is little room.
var shortSteps = map[string]string{
	"details.step_resolve": "details.step_resolve_short",
	"details.step_connect": "details.step_connect_short",
	"details.step_tls":     "details.step_tls_short",
	"details.step_send":    "details.step_send_short",
	"details.step_wait":    "details.step_wait_short",
	"details.step_receive": "details.step_receive_short",
	"details.step_open":    "details.step_open_short",
}

// timingLine is the steps in one line, "" where there is one at most.
func timingLine(r *flow.Row, now time.Time) string {
	if r.Kind == flow.KindLocal {
		return ""
	}
	var parts []string
	for _, s := range steps(r, now) {
		if !s.reused {
			parts = append(parts, i18n.T(shortSteps[s.key])+" "+s.text())
		}
	}
	if len(parts) < 2 {
		return ""
	}
	return strings.Join(parts, " · ")
}
