package words

import (
	"errors"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"syscall"

	"posthouse/app"
	atomicfile "posthouse/app/desktop/atomicfile"
	"posthouse/app/desktop/autostart"
	"posthouse/app/settings"
	"posthouse/proxy/filelock"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
)

// ProblemText puts an error of the controller in a person's language. port is
// what a button beside it may offer: one that is free, or 0.
func ProblemText(err error) (text string, port int) {
	var bind *app.BindError
	var save *settings.SaveError
	var file *settings.FileError
	var value *settings.ValueError
	switch {
	case errors.As(err, &bind):
		return BindText(bind), bind.Suggest
	case errors.As(err, &save):
		return i18n.T("file.unsaved", save.Path, unsavedReason(save.Err)), 0
	case errors.As(err, &file):
		where := i18n.T("file.whole", file.Path, fileText(file))
		if file.Line > 0 {
			where = i18n.T("file.line", file.Path, file.Line, fileText(file))
		}
		return i18n.T("file.problem") + "\n" + where, 0
	case errors.As(err, &value):
		return i18n.T("value.bad", value.Key, value.Value, ValueText(value)), 0
	}
	return ReasonText(err), 0
}

// unsavedReason says why settings could not be written.
func unsavedReason(err error) string {
	var layout *settings.LayoutError
	var value *settings.ValueError
	switch {
	case errors.As(err, &layout) && layout.Line > 0:
		return i18n.T("file.layout.line", layout.Key, layout.Line)
	case errors.As(err, &layout):
		return i18n.T("file.layout", layout.Key)
	case errors.As(err, &value):
		return i18n.T("value.bad", value.Key, value.Value, ValueText(value))
	}
	return ReasonText(err)
}

// fileText says what is wrong with a settings file, and what to do.
func fileText(e *settings.FileError) string {
	switch e.Problem {
	case settings.FileValue:
		if value, ok := e.Args[0].(*settings.ValueError); ok {
			return i18n.T("value.bad", value.Key, value.Value, ValueText(value))
		}
	case settings.FileUnreadable:
		if err, ok := e.Args[0].(error); ok {
			return i18n.T("file.bad.unreadable", ReasonText(err))
		}
	case settings.FileKind:
		if kind, ok := e.Args[0].(settings.KeyKind); ok {
			key := "file.bad.kind." + string(kind)
			if e.Args[3] != "" {
				return i18n.T("file.bad.kind.value", e.Args[1], e.Args[3], i18n.T(key), e.Args[2])
			}
			return i18n.T("file.bad.kind", e.Args[1], i18n.T(key), e.Args[2])
		}
	case settings.FileSyntax:
		if problem, ok := e.Args[0].(settings.SyntaxProblem); ok {
			text := i18n.T("file.bad.syntax." + string(problem))
			if e.Args[1] != "" {
				text = i18n.T("file.bad.syntax.at", e.Args[1], text)
			}
			return i18n.T("file.bad.syntax", text)
		}
	case settings.FileUnknown, settings.FileMisspelt, settings.FileVersion:
		return i18n.T("file.bad."+string(e.Problem), e.Args...)
	}
	return e.Msg + ". " + e.Remedy
}

// ValueText says what would be a usable value.
func ValueText(e *settings.ValueError) string {
	if len(e.Args) == 1 {
		if err, ok := e.Args[0].(error); ok && e.Rule == settings.RuleUnreadable {
			return i18n.T("value.rule.unreadable", ReasonText(err))
		} else if ok && e.Rule == settings.RuleReason {
			return ReasonText(err)
		}
	}
	if key := "value.rule." + string(e.Rule); i18n.Has(key) {
		return i18n.T(key, e.Args...)
	}
	return e.Remedy
}

var bindReasons = map[app.BindReason]string{
	app.BindInUse: "bind.in-use", app.BindPermission: "bind.permission", app.BindNotLocal: "bind.not-local",
	app.BindBadAddress: "bind.bad-address",
}

// BindText says why the proxy cannot listen.
func BindText(e *app.BindError) string {
	host, port, err := net.SplitHostPort(e.Addr)
	if err != nil {
		host = e.Addr
	}
	key, ok := bindReasons[e.Reason]
	if !ok {
		return i18n.T("bind.other", port, e.Addr, ReasonText(e.Err))
	}
	if e.Reason == app.BindInUse && e.Program.Name != "" {
		return i18n.T("bind.in-use.by", port, visible.Text(e.Program.Name), e.Program.PID)
	}
	return i18n.T(key, port, host, "")
}

// reasons are the system's errors that a person meets, and their words.
var reasons = []struct {
	err error
	key string
}{
	{fs.ErrPermission, "reason.permission"},
	{fs.ErrNotExist, "reason.missing"},
	{syscall.ENOSPC, "reason.full"},
	{syscall.EROFS, "reason.read-only"},
	{syscall.EISDIR, "reason.directory"},
	{syscall.ENOTDIR, "reason.not-directory"},
	{atomicfile.ErrDevice, "reason.device"},
	{atomicfile.ErrLink, "reason.link"},
	{filelock.ErrHeld, "reason.locked"},
}

// ReasonText is an error of the system in a person's language where it is a common one.
func ReasonText(err error) string {
	if err == nil {
		return ""
	}
	if explained(err) {
		return Reason(reason.Of(err))
	}
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return i18n.T(r.key)
		}
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if why := reason.Of(err); why.Code != reason.Text {
		return Reason(why)
	}
	return err.Error() // with what is around the words of the system
}

// UnwrittenText says why a file could not be written.
func UnwrittenText(path string, err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return i18n.T("share.no_folder", MiddleText(filepath.Dir(path)))
	}
	return i18n.T("share.failed", FileName(path), ReasonText(err))
}

// explained reports whether an error says what happened by a code.
func explained(err error) bool {
	var own flow.Explained
	return errors.As(err, &own)
}

// EntryText says why there is no entry for this program in a list of the system.
func EntryText(err error) string {
	var unfit *autostart.UnfitError
	if errors.As(err, &unfit) {
		return i18n.T("login.unfit", unfit.Program)
	}
	return ReasonText(err)
}

// SplitLines are the lines of a text.
func SplitLines(text string) []string { return strings.Split(text, "\n") }
