//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"
)

// restTime lies between the end of an app and the next start: a virtual machine gives the memory of what has ended
// back to its host meanwhile, and a person starts nothing sooner.
const restTime = 4 * time.Second

// starts starts apps in turns over a history of so many exchanges, and says how long each takes to
// show the first row, in the middle, and how much of that its processor worked.
func starts(apps string, rounds, stored int) error {
	d, err := newDesktop()
	if err != nil {
		return err
	}
	defer d.close()
	if err := d.writeHistory(max(stored, 1000)); err != nil {
		return err
	}
	names := strings.Split(apps, ",")
	took, resident := map[string][]start{}, map[string][]time.Duration{}
	for range rounds {
		for _, name := range names {
			if _, err := d.launch(name); err != nil {
				return err
			}
			took[name] = append(took[name], d.first)
			time.Sleep(2 * time.Second)
			resident[name] = append(resident[name], time.Duration(d.memory()))
			if err := d.quit(); err != nil {
				return err
			}
			time.Sleep(restTime)
		}
	}
	for _, name := range names {
		of := func(part func(start) time.Duration) (all []time.Duration) {
			for _, one := range took[name] {
				all = append(all, part(one))
			}
			return all
		}
		wall := of(func(s start) time.Duration { return s.wall })
		middle := start{quantile(wall, 50), quantile(of(func(s start) time.Duration { return s.cpu }), 50),
			quantile(of(func(s start) time.Duration { return s.main }), 50)}
		report(name, "<= 800 ms", "%d ms at best; in the middle %v; %d MiB", slices.Min(wall).Milliseconds(), middle,
			int(quantile(resident[name], 50)))
	}
	return nil
}

// firstStart starts the app where it never ran: who drew its shaders by the processor has compiled none of
// them before, and keeps them for the next start.
func (d *desktop) firstStart(app string) error {
	if _, err := d.launch(app); err != nil {
		return err
	}
	d.started("the first start of all, to the first row")
	time.Sleep(2 * time.Second)
	return d.quit()
}

// quit ends the app as the session's end does.
func (d *desktop) quit() error {
	_ = d.app.Process.Signal(syscall.SIGTERM)
	_ = d.app.Wait()
	d.running = d.running[:len(d.running)-1]
	if d.window == "" {
		return fmt.Errorf("the app showed no window")
	}
	d.window = ""
	return nil
}
