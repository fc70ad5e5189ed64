package rules

import (
	"strings"
	"testing"
	"time"
)

func TestAlone(t *testing.T) {
	remark := func(preset string) string { return "The network " + preset + " is written out." }
	const plain = "# mine\n\n[[rule]] # one\nwhen = \"host:a\"\nblock = \"403\"\n\n" +
		"# two\n[[rule]]\noff = true\nmark='red'"
	out, list, unused, err := Alone("", []byte("\ufeff"+plain), remark)
	if err != nil || string(out) != plain || len(list) != 2 || unused != nil {
		t.Errorf("%q %d %v %v", out, len(list), unused, err)
	}
	const named = "# above\npresets.Spare.down = \"1 Mbit/s\"\n[presets.office]\ndown = \"5 Mbit/s\"\nlatency = \"80ms\"\n" +
		"# the slow one\n[[rule]]\nname = \"a\"\n# why\nthrottle = { preset = \"Office\", latency = \"1s\" }\n" +
		"[[rule]]\nnote = \"kept # so\"\n"
	out, list, unused, err = Alone("", []byte(named), remark)
	if err != nil || len(list) != 2 || len(unused) != 1 || unused[0] != "Spare" {
		t.Fatalf("%d %v %v", len(list), unused, err)
	}
	for _, want := range []string{"# above\n", "# the slow one\n# why\n# The network office is written out.\n[[rule]]",
		"[[rule]]\nnote = \"kept # so\"\n"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	have, err := AppendAll([]byte("[presets]\noffice = { up = \"1 kB/s\" }\n[[rule]]\nthrottle.preset = \"office\"\n"), out)
	if err != nil {
		t.Fatal(err)
	}
	set, err := Load("", have, "")
	if err != nil || len(set.Rules) != 3 {
		t.Fatal(set, err)
	}
	if got := *set.Rules[1].Throttle; got.own != nil || got.Down != 625_000 || got.Up != 0 ||
		time.Duration(got.Latency) != time.Second {
		t.Errorf("%+v", got)
	}
	if _, _, _, err := Alone("x.toml", []byte("\n[[rule]]\nblock='never'"), remark); err == nil ||
		!strings.Contains(err.Error(), "x.toml:3") {
		t.Error(err)
	}
}

// Rules whose lines cannot be told apart are written anew.
func TestAloneOfAnArray(t *testing.T) {
	out, list, _, err := Alone("", []byte("rule = [{ name = 'a', block = '403' }, { name = 'b', mark = 'red' }]"), nil)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	back, err := Parse("", out)
	if err != nil || len(back) != 2 || back[0].Block != "403" || back[1].Mark != "red" {
		t.Errorf("%s: %+v %v", out, back, err)
	}
}
