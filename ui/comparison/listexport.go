package comparison

import (
	"context"
	"errors"
	"io"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/export"
	"posthouse/ui/i18n"
)

// exported is what is shown, as it goes out: without secrets while these are hidden.
func (r *lists) exported() *export.Comparison {
	return &export.Comparison{Result: r.result, Names: r.names, Pairs: slices.Clone(r.shown), Shown: r.Secrets.Text}
}

// errLong says that a text is too long for the clipboard.
var errLong = errors.New("too long to be copied")

// bounded keeps what is written up to maxCopied bytes.
type bounded struct{ text []byte }

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.text)+len(p) > maxCopied {
		return 0, errLong
	}
	b.text = append(b.text, p...)
	return len(p), nil
}

// copyMarkdown puts what is shown on the clipboard.
func (r *lists) copyMarkdown() {
	out := r.exported()
	r.Work(func() func() {
		var b bounded
		err := out.Write(&b, export.ListMarkdown, func(float64) error { return r.Context.Err() })
		return func() {
			switch {
			case errors.Is(err, errLong):
				r.Deps.Open(dialog.NewInformation(i18n.T("compare.lists.title"), i18n.T("compare.lists.long"), r.Window))
			case err == nil:
				r.Copy(string(b.text))
				r.copied.SetIcon(theme.ConfirmIcon())
			}
		}
	})
}

var formWords = [...]string{export.ListMarkdown: "compare.lists.markdown", export.ListCSV: "compare.lists.csv",
	export.ListNDJSON: "compare.lists.ndjson"}

// askForm asks in which form what is shown is saved.
func (r *lists) askForm() {
	menu := fyne.NewMenu("")
	for _, f := range export.ListForms {
		menu.Items = append(menu.Items, fyne.NewMenuItem(i18n.T(formWords[f]), func() { r.saveAs(f) }))
	}
	below := fyne.NewPos(0, r.save.Size().Height)
	widget.ShowPopUpMenuAtRelativePosition(menu, r.Window.Canvas(), below, r.save)
}

func (r *lists) saveAs(f export.ListForm) {
	out := r.exported()
	r.Save("comparison"+f.Ending(), func(ctx context.Context, w io.Writer, progress func(float64)) error {
		return out.Write(w, f, func(share float64) error {
			progress(share)
			return ctx.Err()
		})
	})
}
