package main

import (
	"io"
	"slices"
	"testing"
)

// A switch alone is true; true or false after it, with a sign or a space, is its
// value; and what another flag takes for its value stays that flag's.
func TestSwitches(t *testing.T) {
	const unset = "unset"
	said := func(b *bool) string {
		switch {
		case b == nil:
			return unset
		case *b:
			return "true"
		}
		return "false"
	}
	for _, c := range []struct {
		args        []string
		via, record string
	}{
		{nil, unset, unset},
		{[]string{"-via"}, "true", unset},
		{[]string{"--via"}, "true", unset},
		{[]string{"-via=true"}, "true", unset},
		{[]string{"-via=false"}, "false", unset},
		{[]string{"--via=false"}, "false", unset},
		{[]string{"-via", "true"}, "true", unset},
		{[]string{"-via", "false"}, "false", unset},
		{[]string{"--via", "0", "--record"}, "false", "true"},
		{[]string{"-via", "-record", "false"}, "true", "false"},
		{[]string{"-record", "-via"}, "true", "true"},
		{[]string{"-via", "-via=false"}, "false", unset}, // the last one counts
		{[]string{"-config", "-via"}, unset, unset},
		{[]string{"-config", "false", "-via"}, "true", unset},
		{[]string{"-decrypt", "-via"}, unset, unset}, // the host "via" is an exception
		{[]string{"-via", "--"}, "true", unset},
	} {
		o, err := parse(c.args, io.Discard)
		if err != nil {
			t.Errorf("%q: %v", c.args, err)
			continue
		}
		if via, record := said(o.via), said(o.record); via != c.via || record != c.record {
			t.Errorf("%q: via %s, record %s, want %s, %s", c.args, via, record, c.via, c.record)
		}
	}
	if o, err := parse([]string{"-insecure-upstream", "false", "-lend-loopback", "true", "-version"}, io.Discard); err != nil ||
		o.insecure || !o.lend.Loopback || !o.version {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err := parse([]string{"-decrypt", "-via"}, io.Discard); err != nil || o.decrypt == nil || !slices.Contains(*o.decrypt, "-via") {
		t.Errorf("%+v, %v", o, err)
	}
	if c, err := parseCheck([]string{"-json", "false"}, io.Discard); err != nil || c.json {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range [][]string{{"-via", "maybe"}, {"-via=maybe"}, {"-via="}, {"-via", "true", "false"}, {"-via", "--", "false"},
		{"-config"}} {
		if _, err := parse(bad, io.Discard); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
