package settings

import (
	"image/color"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/settings"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// field is one setting in the dialog: a widget, and the ways between it
// and the settings.
type field struct {
	key  string // as in the file, such as "proxy.port"
	kind string // "text", "number", "size", "duration", "choice", "check"

	value func() string // what stands in the widget
	put   func(string)  // puts it there
	get   func(*settings.Settings) string
	set   func(*settings.Settings, string) error

	list  func(*settings.Settings) *[]string // nil: it is no list
	split func(string) []string              // of a list

	entry  *uiwidget.KeyEntry // nil for choices and checks
	object fyne.CanvasObject
	was    string // what stood in the widget at first
	hidden bool   // it means nothing on this system
}

// word is the key of the setting's name.
func (f *field) word() string { return "settings." + f.key }

// show puts the setting into the widget, as what has not been changed.
func (f *field) show(s *settings.Settings) {
	f.fill(s)
	f.was = f.value()
}

// fill puts the setting into the widget, as if a person had.
func (f *field) fill(s *settings.Settings) { f.put(f.get(s)) }

func (f *field) changed() bool { return f.value() != f.was }
func (f *field) text() string  { return f.value() }

// read puts what stands in the widget into the settings; of a list what came and
// went in it, for the settings may have another one by now.
func (f *field) read(s *settings.Settings) error {
	if f.list == nil {
		return f.set(s, f.value())
	}
	now := *f.list(s)
	err := f.set(s, f.value())
	*f.list(s) = settings.MergeList(f.split(f.was), *f.list(s), now)
	return err
}

func (f *field) entered(save, escape func()) {
	if f.entry != nil {
		f.entry.OnSubmitted = func(string) { save() }
		f.entry.Escape = escape
	}
}

// mark shows whether the setting must be mended.
func (f *field) mark(bad bool) {
	if f.entry == nil {
		return
	}
	f.entry.SetValidationError(nil)
	if bad {
		f.entry.SetValidationError(errMend)
	}
}

type mendError struct{}

func (mendError) Error() string { return "" }

var errMend error = mendError{}

func (f *field) focus(c fyne.Canvas) {
	if f.entry != nil {
		c.Focus(f.entry)
	}
}

// textField is a setting that is typed.
func textField(key, kind string, get func(*settings.Settings) string, set func(*settings.Settings, string) error) *field {
	e := uiwidget.NewKeyEntry()
	e.AlwaysShowValidationError = false
	return &field{key: key, kind: kind, entry: e, object: e, get: get, set: set,
		value: func() string { return strings.TrimSpace(e.Text) }, put: e.SetText}
}

func wordField(key string, at func(*settings.Settings) *string) *field {
	return textField(key, "text",
		func(s *settings.Settings) string { return *at(s) },
		func(s *settings.Settings, text string) error {
			*at(s) = text
			return nil
		})
}

func numberField(key string, at func(*settings.Settings) *int) *field {
	return textField(key, "number",
		func(s *settings.Settings) string { return strconv.Itoa(*at(s)) },
		func(s *settings.Settings, text string) (err error) {
			*at(s), err = strconv.Atoi(words.PlainDigits(text))
			return err
		})
}

func sizeField(key string, at func(*settings.Settings) *settings.Size) *field {
	return textField(key, "size",
		func(s *settings.Settings) string { return at(s).String() },
		func(s *settings.Settings, text string) (err error) {
			*at(s), err = settings.ParseSize(text)
			return err
		})
}

func durationField(key string, at func(*settings.Settings) *settings.Duration) *field {
	return textField(key, "duration",
		func(s *settings.Settings) string { return at(s).String() },
		func(s *settings.Settings, text string) (err error) {
			*at(s), err = settings.ParseDuration(text)
			return err
		})
}

func listField(key string, at func(*settings.Settings) *[]string) *field {
	f := textField(key, "text",
		func(s *settings.Settings) string { return strings.Join(*at(s), ", ") },
		func(s *settings.Settings, text string) error {
			*at(s) = splitList(text)
			return nil
		})
	f.list, f.split = at, splitList
	return f
}

// linesField is a list of which each entry has a line of its own.
func linesField(key string, at func(*settings.Settings) *[]string) *field {
	f := textField(key, "text",
		func(s *settings.Settings) string { return strings.Join(*at(s), "\n") },
		func(s *settings.Settings, text string) error {
			*at(s) = fullLines(text)
			return nil
		})
	f.list, f.split = at, fullLines
	f.entry.MultiLine = true
	f.entry.Scroll = fyne.ScrollBoth
	f.entry.SetMinRowsVisible(2)
	return f
}

// fullLines are the lines that are not blank.
func fullLines(text string) (lines []string) {
	for _, line := range words.SplitLines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func checkField(key string, at func(*settings.Settings) *bool) *field {
	c := widget.NewCheck(i18n.T("settings."+key), nil)
	return &field{key: key, kind: "check", object: c,
		value: func() string { return strconv.FormatBool(c.Checked) },
		put:   func(text string) { c.SetChecked(text == "true") },
		get:   func(s *settings.Settings) string { return strconv.FormatBool(*at(s)) },
		set: func(s *settings.Settings, text string) error {
			*at(s) = text == "true"
			return nil
		}}
}

// choiceField is a setting with few values; each has its word, "settings.KEY.VALUE".
func choiceField(key string, values []string, at func(*settings.Settings) *string) *field {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = i18n.T("settings." + key + "." + v)
	}
	choice := widget.NewSelect(words, nil)
	return &field{key: key, kind: "choice", object: framed(choice),
		value: func() string {
			if i := choice.SelectedIndex(); i >= 0 {
				return values[i]
			}
			return ""
		},
		put: func(text string) { choice.SetSelectedIndex(slices.Index(values, text)) },
		get: func(s *settings.Settings) string { return *at(s) },
		set: func(s *settings.Settings, text string) error {
			*at(s) = text
			return nil
		}}
}

// framed draws the border around a widget that an entry has of itself.
func framed(o fyne.CanvasObject) fyne.CanvasObject {
	frame := canvas.NewRectangle(color.Transparent)
	frame.StrokeColor, frame.StrokeWidth = theme.Color(theme.ColorNameInputBorder), 1
	frame.CornerRadius = theme.InputRadiusSize()
	return container.NewStack(frame, o)
}
