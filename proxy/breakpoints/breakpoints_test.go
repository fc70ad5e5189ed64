package breakpoints

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// watched is a queue that somebody follows.
func watched(t *testing.T) *Queue {
	q := New()
	t.Cleanup(q.Watch().Close)
	return q
}

func sendable(*Edit) flow.Reason { return flow.Reason{} }

func enter(t *testing.T, q *Queue) *Message {
	t.Helper()
	m, why := q.Enter("B", Request, 100)
	if m == nil {
		t.Fatal(why)
	}
	return m
}

// happenings has each event happen to a message, as those do who bring it about.
var happenings = [events]func(*Message){
	eventShow:      func(m *Message) { m.Show(Content{Head: []byte("h"), Check: sendable}) },
	eventGo:        func(m *Message) { _ = m.Go(Edit{Head: []byte("e")}) },
	eventUnchanged: func(m *Message) { _ = m.GoUnchanged() },
	eventAnswer:    func(m *Message) { _ = m.Answer(Edit{Head: []byte("e")}) },
	eventAbort:     func(m *Message) { _ = m.Abort() },
	eventAllGo:     func(m *Message) { m.q.AllGo() },
	eventLate:      func(m *Message) { m.happen(eventLate) }, // its timer
	eventLeft:      func(m *Message) { m.Settle(Left) },
	eventStop:      func(m *Message) { m.Settle(Stopped) },
}

// ways lead to each state.
var ways = [states][]event{Held: {}, Waiting: {eventShow}, Gone: {eventShow, eventGo}, Unchanged: {eventShow, eventUnchanged},
	Answered: {eventShow, eventAnswer}, Aborted: {eventShow, eventAbort}, Late: {eventShow, eventLate}, Left: {eventShow, eventLeft},
	Stopped: {eventShow, eventStop}}

// Every event in every state does what the table of the package comment says.
func TestStates(t *testing.T) {
	table := documented(t)
	for from := Held; from < states; from++ {
		for ev := range events {
			q := watched(t)
			m := enter(t, q)
			for _, step := range ways[from] {
				happenings[step](m)
			}
			if m.State() != from {
				t.Fatalf("there is no way to %v: %v", from, m.State())
			}
			want := from
			if to := table[from.String()][eventNames[ev]]; to != "" && to != "-" {
				for s := range states {
					if s.String() == to {
						want = s
					}
				}
			}
			happenings[ev](m)
			if got := m.State(); got != want {
				t.Errorf("%v: %s leads to %v, and the table says %v", from, eventNames[ev], got, want)
			}
			select {
			case <-m.Decided():
				if want <= Waiting {
					t.Errorf("%v: %s decides it", from, eventNames[ev])
				}
			default:
				if want > Waiting {
					t.Errorf("%v: %s does not decide it", from, eventNames[ev])
				}
			}
			m.Release()
			m.Release()
			if q.Held() != 0 || q.Waiting() != 0 {
				t.Errorf("%v: %s leaves %d bytes", from, eventNames[ev], q.Held())
			}
		}
	}
}

// documented is the table of the package comment.
func documented(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]map[string]string{}
	var names []string
	for line := range strings.Lines(string(text)) {
		cells := strings.Fields(strings.TrimPrefix(line, "//"))
		switch {
		case !strings.HasPrefix(line, "//\t"):
		case names == nil:
			names = cells
		default:
			table[cells[0]] = map[string]string{}
			for i, to := range cells[1:] {
				table[cells[0]][names[i]] = to
			}
		}
	}
	if len(names) != int(events) || len(table) != 2 {
		t.Fatalf("the table has %v and %v", names, table)
	}
	return table
}

// A message waits for exactly the patience that was set when it came.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New()
		defer q.Watch().Close()
		q.Set(true, 25*time.Second)
		m := enter(t, q)
		time.Sleep(time.Hour) // its body is read
		m.Show(Content{})
		q.Set(true, time.Second) // of those that come later
		if left := time.Until(m.Until); left != 25*time.Second {
			t.Error(left)
		}
		time.Sleep(25*time.Second - 1)
		synctest.Wait()
		if m.State() != Waiting {
			t.Error(m.State())
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if m.State() != Late {
			t.Error(m.State())
		}
		m.Release()
	})
}

func TestBounds(t *testing.T) {
	q := New()
	if m, why := q.Enter("B", Request, 1); m != nil || why.Code != reason.BreakUnwatched {
		t.Error(why)
	}
	defer q.Watch().Close()
	for range MaxMessages {
		enter(t, q)
	}
	if m, why := q.Enter("B", Request, 1); m != nil || why != reason.BreakMany.With(MaxMessages) {
		t.Error(why)
	}
	q = watched(t)
	m := enter(t, q)
	if m.Reserve(MaxHeld) || !m.Reserve(MaxHeld-100) || m.Reserve(1) {
		t.Error(q.Held())
	}
	if m, why := q.Enter("B", Request, 1); m != nil || why != reason.BreakFull.With(MaxHeld) {
		t.Error(why)
	}
	m.Show(Content{Check: sendable})
	if err := m.Go(Edit{Head: []byte("x")}); !errors.Is(err, ErrFull) || m.State() != Waiting {
		t.Error(err)
	}
	if err := m.Go(Edit{NewBody: true, Body: make([]byte, MaxNewBody+1)}); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	m.Release()
	if m.Reserve(1) || q.Held() != 0 {
		t.Error("it is held after it was released")
	}
	for range MaxNext {
		if err := q.BreakNext("", Both); err != nil {
			t.Fatal(err)
		}
	}
	var bad *Unsendable
	if err := q.BreakNext("", Both); !errors.As(err, &bad) || bad.Why.Code != reason.BreakNexts {
		t.Error(err)
	}
}

// TestNextRefusesWhatIsKnownLater: a break that could never be met is not kept.
func TestNextRefusesWhatIsKnownLater(t *testing.T) {
	q := New()
	for when, code := range map[string]flow.ReasonCode{
		"status:404": reason.BreakEarly, "body:a": reason.RuleContents, "mark:red": reason.RuleOutcome,
		"host:a -size:0": reason.RuleOutcome,
	} {
		var bad *Unsendable
		if err := q.BreakNext(when, Request); !errors.As(err, &bad) || bad.Why.Code != code {
			t.Errorf("%s: %v", when, err)
		}
	}
	if n := len(q.Nexts()); n != 0 {
		t.Errorf("%d are kept", n)
	}
}

// What is switched off lets go of all, also of what is still being read, and takes nothing in.
func TestOff(t *testing.T) {
	q := watched(t)
	held, shown := enter(t, q), enter(t, q)
	shown.Show(Content{})
	q.Set(false, time.Second)
	held.Show(Content{})
	if held.State() != Unchanged || shown.State() != Unchanged || q.Waiting() != 0 {
		t.Error(held.State(), shown.State())
	}
	if m, why := q.Enter("B", Request, 1); m != nil || !why.IsZero() {
		t.Error(why)
	}
	if q.On() || (*Queue)(nil).On() || (*Queue)(nil).Armed() {
		t.Error("it is on")
	}
}

// An edit that the check refuses leaves the message waiting.
func TestRefusedEdit(t *testing.T) {
	q := watched(t)
	m := enter(t, q)
	m.Show(Content{Check: func(e *Edit) flow.Reason {
		if e.Answer {
			return flow.Reason{}
		}
		return reason.HeadLines.With()
	}})
	var bad *Unsendable
	if err := m.Go(Edit{}); !errors.As(err, &bad) || bad.Why.Code != reason.HeadLines || m.State() != Waiting {
		t.Error(err)
	}
	if err := m.Answer(Edit{Head: []byte("x")}); err != nil || m.State() != Answered {
		t.Error(err)
	}
	if state, e := m.Settle(Left); state != Answered || !e.Answer || string(e.Head) != "x" {
		t.Error(state, e)
	}
	r, _ := q.Enter("", Response, 1)
	r.Show(Content{Check: sendable})
	if err := r.Answer(Edit{}); !errors.Is(err, ErrDecided) || r.State() != Waiting {
		t.Error(err)
	}
	r.Release()
	m.Release()
}

// A break on the next is taken once, the one that was asked for first.
func TestNextIsTakenOnce(t *testing.T) {
	q := watched(t)
	for _, when := range []string{"host:b", "app:curl", ""} {
		if err := q.BreakNext(when, Request); err != nil {
			t.Fatal(err)
		}
	}
	if !q.AsksApp() {
		t.Error("the app is not asked for")
	}
	row := flow.Row{Host: "a", App: "curl"}
	for _, want := range []string{"app:curl", ""} {
		if n := q.Fits(&row); n == nil || n.When != want {
			t.Error(n, want)
		}
	}
	if n := q.Fits(&row); n != nil || q.AsksApp() || !q.Armed() {
		t.Error(n)
	}
	q.Forget(q.Nexts()...)
	if q.Armed() {
		t.Error("it is armed")
	}
}

// What was decided before it could be seen stays as it was: who was told of that reads it.
func TestShownTooLate(t *testing.T) {
	q := New()
	defer q.Watch().Close()
	m, _ := q.Enter("b", Request, 1)
	q.AllGo()
	m.Show(Content{Head: []byte("x")})
	if m.State() != Unchanged || m.Head != nil || !m.Since.IsZero() || m.Waited() != 0 {
		t.Errorf("%v %q %v %v", m.State(), m.Head, m.Since, m.Waited())
	}
	m.Release()
}
