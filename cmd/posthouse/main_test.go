package main

import (
	"bytes"
	"errors"
	"flag"
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
		if err != nil || *o != want {
			t.Errorf("%q: %+v, %v", line, o, err)
		}
	}
	for line, part := range map[string]string{
		"-lang fr":     "en, zh-Hans or system",
		"-nonsense":    "nonsense",
		"start":        "begin with a dash",
		"-start=maybe": "maybe",
	} {
		if _, err := parse(strings.Fields(line), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v does not say %q", line, err, part)
		}
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
	err := run(&options{config: t.TempDir() + "/none.toml"})
	if err == nil || !strings.Contains(err.Error(), "-config") {
		t.Errorf("%v does not name -config", err)
	}
}
