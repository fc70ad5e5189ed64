package words

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"posthouse/app"
	atomicfile "posthouse/app/desktop/atomicfile"
	"posthouse/app/settings"
	"posthouse/ui/i18n"
)

// Every problem of the app has its words in both languages.
func TestProblemsSpeakBothLanguages(t *testing.T) {
	defer i18n.Set("en")
	_, syntax := settings.Parse("f", []byte("[proxy\n"))
	_, unknown := settings.Parse("f", []byte("[proxy]\nzzzzzzzzzzzz = 1\n"))
	_, misspelt := settings.Parse("f", []byte("[proxy]\nprot = 1\n"))
	_, version := settings.Parse("f", []byte("version = 9\n"))
	_, value := settings.Parse("f", []byte("[proxy]\nport = 70000\n"))
	_, unreadable := settings.Load(t.TempDir())
	all := wrongFiles(t)
	for name, err := range map[string]error{"syntax": syntax, "unknown": unknown, "misspelt": misspelt, "version": version, "value": value,
		"unreadable":       unreadable,
		"save":             &settings.SaveError{Path: "p", Err: os.ErrPermission},
		"device":           &settings.SaveError{Path: "p", Err: atomicfile.ErrDevice},
		"layout":           &settings.SaveError{Path: "p", Err: &settings.LayoutError{Key: "proxy.port"}},
		"layout in a line": &settings.SaveError{Path: "p", Err: &settings.LayoutError{Key: "proxy.port", Line: 3}},
		"bind":             &app.BindError{Addr: "127.0.0.1:1", Reason: app.BindPermission}} {
		all[name] = err
	}
	for name, err := range all {
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		i18n.Set("en")
		en, _ := ProblemText(err)
		i18n.Set("zh-Hans")
		zh, _ := ProblemText(err)
		if en == zh || strings.Contains(en+zh, "%!") || !strings.ContainsFunc(zh, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }) {
			t.Errorf("%s:\n%s\n%s", name, en, zh)
		}
	}
	if text, _ := ProblemText(errors.New("other")); text != "other" {
		t.Errorf("another error is %q", text)
	}
}

// wrongFiles are what is said of files with one of each mistake in them.
func wrongFiles(t *testing.T) map[string]error {
	t.Helper()
	all := map[string]error{}
	for _, text := range []string{
		"recording.enabled = 1", "proxy.port = true", "general.theme = 1", "lan.allow = 1", "recording.body = true", "recording.body = 'x'",
		"proxy.timeouts.dial = 5", "proxy.timeouts.dial = 'x'", "proxy = 1",
		"proxy.port", "general.theme = dark", "proxy.port = 1 2", "version = 1\nversion = 1", "lan.allow = [", "general.theme = \"\\d\"",
		"[proxy", "proxy.port = 01", "general.theme = '\x01'",
	} {
		_, err := settings.Parse("f", []byte(text))
		all[text] = err
	}
	return all
}

// What could not be written is named, and a folder that is not there is called that.
func TestUnwrittenFilesAreNamed(t *testing.T) {
	defer i18n.Set(i18n.English)
	for lang, want := range map[string][2]string{i18n.English: {"Nothing was written: there is no folder /tmp/none.",
		"x.har could not be written: the disk is full"}, i18n.Chinese: {"未写入：文件夹 /tmp/none 不存在。", "无法写入 x.har：磁盘已满"}} {
		i18n.Set(lang)
		for i, err := range []error{&fs.PathError{Op: "open", Path: "/tmp/none/x.har", Err: fs.ErrNotExist}, syscall.ENOSPC} {
			if text := UnwrittenText("/tmp/none/x.har", err); text != want[i] {
				t.Errorf("it says %q", text)
			}
		}
	}
}
