package systementry

import (
	"errors"
	"strings"
	"testing"

	"posthouse/app"
	"posthouse/app/switches/internal/statetable"
	"posthouse/proxy/proxytest/eventually"
)

// desk is a keeper with the list and the controller that it keeps the same.
type desk struct {
	t  *testing.T
	at Setting
	l  *list
	k  *Keeper
	c  *app.Controller
}

var errNo = errors.New("no")

func (d *desk) set(on bool) { wish(d.t, d.c, d.at, on) }

func (d *desk) with(how func(l *list)) {
	d.l.mu.Lock()
	defer d.l.mu.Unlock()
	how(d.l)
}

var happens = map[string]func(d *desk){
	"looked: entry there":    func(d *desk) { d.with(func(l *list) { l.on = true }); d.k.Look() },
	"looked: entry gone":     func(d *desk) { d.with(func(l *list) { l.on = false }); d.k.Look() },
	"looked: unreadable":     func(d *desk) { d.with(func(l *list) { l.unreadable = errNo }); d.k.Look() },
	"set on":                 func(d *desk) { d.set(true) },
	"set off":                func(d *desk) { d.set(false) },
	"set on, entry refuses":  func(d *desk) { d.with(func(l *list) { l.fail = errNo }); d.set(true) },
	"set off, entry refuses": func(d *desk) { d.with(func(l *list) { l.fail = errNo }); d.set(false) },
	"set on, program unfit":  func(d *desk) { d.with(func(l *list) { l.unfit = errNo }); d.set(true) },
	"set on, then off meanwhile": func(d *desk) {
		if d.at.of(d.c.Settings()) {
			d.set(true)
			d.set(false)
			return
		}
		d.with(func(l *list) { l.during = func() { d.set(false) } })
		d.set(true)
		eventually.Holds(d.t, "the entry was written", func() (written bool) {
			d.with(func(l *list) { written = l.during == nil })
			return written
		})
	},
}

// Every event in every state, as states.md has it, for each setting.
func TestStates(t *testing.T) {
	for name, at := range map[string]Setting{"login": StartAtLogin, "files": SessionFiles} {
		t.Run(name, func(t *testing.T) { walk(t, at) })
	}
}

func walk(t *testing.T, at Setting) {
	events, rows := statetable.Read(t, "states.md")
	if len(events) != len(happens) || len(rows) != 2 {
		t.Fatalf("%d events and %d states are written down, %d and 2 are known", len(events), len(rows), len(happens))
	}
	for _, row := range rows {
		for i, event := range events {
			t.Run(row.State+"/"+event, func(t *testing.T) {
				l := &list{on: row.State == "on"}
				k, c := keep(t, at, l, l.on)
				happens[event](&desk{t, at, l, k, c})
				want, told := strings.CutSuffix(row.After[i], " !")
				eventually.Holds(t, "both are "+row.After[i], func() bool {
					l.mu.Lock()
					defer l.mu.Unlock()
					return l.on == (want == "on") && at.of(c.Settings()) == l.on
				})
				eventually.Holds(t, "what fails is told", func() bool { return told == (k.Err() != nil) })
				k.Close()
				if at.of(c.Settings()) != (want == "on") {
					t.Error("it did not stay")
				}
			})
		}
	}
}
