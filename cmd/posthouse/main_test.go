package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestFlags(t *testing.T) {
	good := map[string]options{
		"":                           {},
		"-start -hidden":             {start: true, hidden: true},
		"-lang zh-Hans":              {lang: "zh-Hans"},
		"-lang zh":                   {lang: "zh-Hans"},
		"-lang zh_CN":                {lang: "zh-Hans"},
		"-lang system":               {lang: "system"},
		"-config /tmp/settings.toml": {config: "/tmp/settings.toml"},
		"-version":                   {version: true},
		"-restore-network":           {restore: true},
	}
	for line, want := range good {
		o, err := parse(strings.Fields(line), &bytes.Buffer{})
		if err != nil || !reflect.DeepEqual(*o, want) {
			t.Errorf("%q: %+v, %v", line, o, err)
		}
	}
	for line, part := range map[string]string{
		"-lang fr":     "en, zh-Hans or system",
		"-nonsense":    "nonsense",
		"start":        "no file \"start\"; posthouse takes flags, then the files",
		"-- -start":    "no file \"-start\"",
		".":            "is a folder",
		"-start=maybe": "maybe",
	} {
		if _, err := parse(strings.Fields(line), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v does not say %q", line, err, part)
		}
	}
}

// Files are absolute from here on: another Posthouse may run in another folder.
func TestFilesToOpen(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	names := []string{"a b.posthouse", "-start", "\xff.har"}
	var want []string
	for _, name := range names {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Skip(err) // names that are no text are not to be had everywhere
		}
		want = append(want, filepath.Join(dir, name))
	}
	o, err := parse(append([]string{"-hidden", "--"}, names...), &bytes.Buffer{})
	if err != nil || !o.hidden || o.start || !reflect.DeepEqual(o.files, want) {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := parse([]string{"a b.posthouse", "-hidden"}, &bytes.Buffer{}); err == nil {
		t.Error("a flag behind the files was taken for one")
	}
	many := strings.Fields(strings.Repeat("-start ", 100))
	if _, err := parse(append([]string{"--"}, many...), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "at most 64") {
		t.Error(err)
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	var help bytes.Buffer
	if _, err := parse([]string{"-h"}, &help); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	for _, name := range []string{"-config", "-start", "-hidden", "-lang", "-version", "-restore-network"} {
		if !strings.Contains(help.String(), "\n  "+name) {
			t.Errorf("the help does not name %s", name)
		}
	}
}

func TestAMissingSettingsFileIsSaid(t *testing.T) {
	err := run(&options{config: t.TempDir() + "/none.toml"}, func() {})
	if err == nil || !strings.Contains(err.Error(), "-config") {
		t.Errorf("%v does not name -config", err)
	}
}

func TestAFreshHomeGetsACacheFolder(t *testing.T) {
	home := filepath.Join(t.TempDir(), "fresh")
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, filepath.Join(home, name))
	}
	makeCacheFolder()
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() || !strings.HasPrefix(dir, home) {
		t.Errorf("%s: %v", dir, err)
	}
}
