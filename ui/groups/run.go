package groups

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"posthouse/app/repeat"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/ui/compose"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// run is a group under way, or that was.
type run struct {
	cancel context.CancelFunc // nil once it has ended
	titles []string           // of its requests as they were
	of     int                // requests in all runs
	done   []repeat.Done
	said   string // what came of it
}

// sender is what package repeat sends with.
type sender func(context.Context, outgoing.Message) (*outgoing.Sending, error)

func (f sender) Send(ctx context.Context, m outgoing.Message) (*outgoing.Sending, error) {
	return f(ctx, m)
}

// stop cancels what is under way.
func (r *Room) stop() {
	if r.Running() {
		r.run.cancel()
	}
}

// toggle begins, or cancels what is under way.
func (r *Room) toggle() {
	if r.Running() {
		r.stop()
		return
	}
	g := r.now
	if len(g.Steps) == 0 {
		r.tell(i18n.T("groups.empty"))
		return
	}
	if most := repeat.MaxTimes / len(g.Steps); g.Times < 1 || g.Times > most {
		r.tell(i18n.T("groups.times.wrong", words.CountText(most), words.CountText(repeat.MaxTimes)))
		return
	}
	for i, s := range g.Steps {
		if !s.Ready() {
			r.at = i
			r.show()
			r.sheet.pages.Choose(pageRequest)
			r.tell(i18n.T("groups.nowhere.say", i+1))
			return
		}
		if at, err := s.CheckTakes(); err != nil {
			r.at = i
			r.show()
			r.sheet.pages.Choose(pageValues)
			r.tell(i18n.T("groups.value.wrong", i+1, at+1, takeText(err)))
			return
		}
	}
	r.begin()
}

func (r *Room) begin() {
	ctx, cancel := context.WithCancel(r.deps.Context)
	g := r.now.Clone()
	one := &run{cancel: cancel, of: g.Times * len(g.Steps)}
	for _, s := range g.Steps {
		one.titles = append(one.titles, s.Draft.Title())
	}
	r.run = one
	answers := r.deps.Answers()
	r.deps.Work(func() func() {
		defer cancel()
		plan, files, at, err := g.Plan()
		if err != nil {
			return func() { r.ended(one, i18n.T("groups.notsent", at+1, errorText(err))) }
		}
		all, err := repeat.RunGroup(ctx, sender(r.deps.Send), answers, plan, r.progress(one))
		_ = files.Close() // they were but read
		stopped := ctx.Err() != nil
		return func() { r.ended(one, summaryText(all, one.of, err, stopped)) }
	})
	r.tell()
	if r.sheet != nil {
		r.sheet.results.Clear()
		r.sheet.pages.Choose(pageResults)
	}
	r.show()
}

// progress tells the room what has ended. It is called beside the UI goroutine.
func (r *Room) progress(one *run) func(repeat.Done) {
	var mu sync.Mutex
	var fresh []repeat.Done // that the UI goroutine has not seen; it looks when it can
	return func(d repeat.Done) {
		mu.Lock()
		defer mu.Unlock()
		if fresh = append(fresh, d); len(fresh) > 1 {
			return // it was asked to look
		}
		r.deps.Do(func() {
			mu.Lock()
			seen := fresh
			fresh = nil
			mu.Unlock()
			one.done = append(one.done, seen...)
			if r.run == one && r.sheet != nil {
				r.sheet.showProgress()
			}
		})
	}
}

func (r *Room) ended(one *run, said string) {
	one.cancel, one.said = nil, said
	r.show()
}

// summaryText is what came of all, and why it ended.
func summaryText(all []repeat.Done, of int, err error, stopped bool) string {
	outcomes := make([]repeat.Outcome, len(all))
	failed := 0
	for i := range all {
		outcomes[i] = all[i].Outcome
		if all[i].Failed() {
			failed++
		}
	}
	parts := []string{i18n.N("groups.done", of, words.CountText(len(all)), words.CountText(of))}
	if failed > 0 {
		parts = append(parts, i18n.N("groups.failures", failed, words.CountText(failed)))
	}
	if len(all) > 0 {
		parts = append(parts, compose.SummaryText(repeat.Summarize(outcomes)))
	}
	text := strings.Join(parts, "  ·  ")
	switch {
	case stopped:
		text = i18n.T("groups.cancelled") + "\n" + text
	case err != nil:
		text = i18n.T("groups.stopped", visible.Text(errorText(err))) + "\n" + text
	}
	return text
}

// number names a request among those of all runs.
func (one *run) number(d *repeat.Done) string {
	if one.of > len(one.titles) {
		return strconv.Itoa(d.Run) + "." + strconv.Itoa(d.Step)
	}
	return strconv.Itoa(d.Step)
}

// line is what the table says of the i-th request that has ended.
func (r *Room) line(i int) (cells []string, trouble bool) {
	one := r.run
	d := &one.done[i]
	status, took, size := compose.OutcomeTexts(&d.Outcome)
	switch {
	case d.Err != nil:
		status = i18n.T("compose.notsent.short")
	case d.Failure != flow.FailureNone:
		status = "—"
	}
	return []string{one.number(d), one.titles[d.Step-1], status, took, size, r.tookText(d)}, d.Failed()
}

// tookText is why an answer did not give a value, and those that it gave.
func (r *Room) tookText(d *repeat.Done) string {
	var parts []string
	switch {
	case d.Err != nil:
		parts = append(parts, errorText(d.Err))
	case d.Failure != flow.FailureNone:
		parts = append(parts, words.FailureText(d.Failure))
	case d.Lack != nil:
		parts = append(parts, errorText(d.Lack))
	}
	if len(d.Taken) > 0 {
		parts = append(parts, takenText(d.Taken, r.deps.Hidden()))
	}
	return strings.Join(parts, "  ·  ")
}

// detail is all that is known of the i-th request that has ended.
func (r *Room) detail(i int) string {
	one := r.run
	d := &one.done[i]
	text := one.number(d) + "  " + one.titles[d.Step-1]
	if took := r.tookText(d); took != "" {
		text += "  ·  " + took
	}
	return visible.Text(text)
}

// takenText are the values that an answer gave; while secrets are hidden their names alone.
func takenText(taken []repeat.Taken, hidden bool) string {
	parts := make([]string, len(taken))
	for i, t := range taken {
		value := t.Value
		switch {
		case hidden:
			value = "•••"
		case t.Size > len(value):
			value += words.Ellipsis
		}
		parts[i] = t.Name + " = " + value
	}
	return strings.Join(parts, "  ·  ")
}

// reveal leads to the row of a request. What is under way goes on.
func (r *Room) reveal(i int) {
	id := r.run.done[i].ID
	if id == 0 {
		return
	}
	if s := r.sheet; s != nil {
		s.keep = true
		s.hide()
	}
	r.deps.Reveal(id)
}

// compare compares an answer with that to the same request in the run before, else with the
// one before it.
func (r *Room) compare(i int) {
	with := i - 1
	if before := i - len(r.run.titles); before >= 0 {
		with = before
	}
	if with < 0 {
		return
	}
	if a, b := r.run.done[with].ID, r.run.done[i].ID; a != 0 && b != 0 {
		r.deps.Compare(a, b)
	}
}
