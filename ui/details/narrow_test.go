package details

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/proxy/flow"
	"posthouse/ui/uitest"
)

// Beside the list the pane is 380 pixels wide: all of it can be read and reached.
func TestNarrowPictures(t *testing.T) {
	marked := uitest.SampleExchange(1, "application/json", uitest.SampleJSON)
	marked.Mark = flow.MarkOrange
	for _, c := range []struct {
		name, theme, lang string
		tab               int
		x                 flow.Exchange
	}{
		{"overview-dark-en", "dark", "en", TabOverview, marked},
		{"overview-light-zh", "light", "zh-Hans", TabOverview, decryptedExchange(t)},
		{"failed-light-en", "light", "en", TabOverview, failedExchange()},
		{"request-form-light-en", "light", "en", tabRequest, formExchange()},
		{"response-json-dark-en", "dark", "en", TabResponse, marked},
		{"response-json-light-zh", "light", "zh-Hans", TabResponse, cutExchange()},
		{"timing-light-en", "light", "en", tabTiming, decryptedExchange(t)},
		{"timing-dark-zh", "dark", "zh-Hans", tabTiming, decryptedExchange(t)},
		{"raw-light-en", "light", "en", tabRaw, marked},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := openNarrow(t, c.theme, c.lang)
			d.open(c.x, c.tab)
			test.AssertRendersToImage(t, "narrow-"+c.name+".png", d.win.Canvas())
		})
	}
}

func openNarrow(t *testing.T, theme, lang string) *testDetails {
	d := openDetails(t, theme, lang)
	d.deps.Turn = func() {}
	d.SetBeside(true, true)
	d.win.Resize(fyne.NewSize(380, 620))
	return d
}

// However narrow, no tab lies below a button, and the words of the buttons come back.
func TestTabsAndButtonsFitSideBySide(t *testing.T) {
	for _, lang := range []string{"en", "zh-Hans"} {
		d := openNarrow(t, "light", lang)
		d.open(uitest.SampleExchange(1, "application/json", uitest.SampleJSON), TabOverview)
		var words []string
		for _, width := range []float32{980, 460, 420, 380, 980} {
			d.win.Resize(fyne.NewSize(width, 620))
			last := test.WidgetRenderer(d.Tabs).Objects()[tabCount]
			driver := fyne.CurrentApp().Driver()
			end := last.Position().X + last.Size().Width + driver.AbsolutePositionForObject(d.Tabs).X
			if start := driver.AbsolutePositionForObject(d.copyMenu).X; end > start {
				t.Errorf("%s, %v wide: the last tab ends at %v, the first button begins at %v", lang, width, end, start)
			}
			if end := d.turn.Position().X + d.turn.Size().Width; end > width {
				t.Errorf("%s, %v wide: the last button ends at %v", lang, width, end)
			}
			words = append(words, d.copyMenu.Label)
			if tight := d.copyMenu.Size().Width < 40; tight != (width == 380) && (width == 380 || width == 980) {
				t.Errorf("%s, %v wide: the button is %v wide", lang, width, d.copyMenu.Size().Width)
			}
		}
		if words[0] == "" || words[len(words)-1] != words[0] {
			t.Errorf("the button says %q", words)
		}
	}
}

// In a narrow pane the body stands below the head, in a wide one beside it.
func TestTheBodyStandsBelowTheHeadWhereThePaneIsNarrow(t *testing.T) {
	d := openNarrow(t, "light", "en")
	d.open(uitest.SampleExchange(1, "application/json", uitest.SampleJSON), TabResponse)
	for width, beside := range map[float32]bool{380: false, 980: true} {
		d.win.Resize(fyne.NewSize(width, 620))
		if d.response.split.Beside() != beside {
			t.Errorf("%v wide: beside is %v", width, !beside)
		}
	}
}

// A mark that is set while its exchange is open is told, without reading bodies again.
func TestAMarkIsToldInTheOverview(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := uitest.SampleExchange(1, "application/json", uitest.SampleJSON)
	d.open(x, TabOverview)
	reads := d.reads()
	for _, m := range []flow.Mark{flow.MarkGreen, flow.MarkNone} {
		x.Mark = m
		d.put(x)
		d.Changed(x.ID)
		d.until("the mark is there", func() bool { return d.Exchange.Mark == m })
		found := false
		for _, f := range d.Overview.facts.facts {
			found = found || f.name == "Mark" && f.value == "Green"
		}
		if found != (m != flow.MarkNone) {
			t.Errorf("the mark %q is told: %v", m, found)
		}
	}
	if d.reads() != reads {
		t.Errorf("the exchange was read %d times for its marks", d.reads()-reads)
	}
}
