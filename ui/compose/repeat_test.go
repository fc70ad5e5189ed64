package compose

import (
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/proxy/flow"
)

// repeatsTimes sends the request in sight many times, and waits for the end.
func (r *testRoom) repeatsTimes(times string, fresh bool) *repeatSheet {
	r.t.Helper()
	r.Repeat()
	s := r.repeats
	s.fields[0].SetText(times)
	s.fresh.SetChecked(fresh)
	s.toggle()
	r.until("all have ended", func() bool { return s.cancel == nil })
	return s
}

// What a repeat brings stands in the tab's history, as one sending does: it is looked through
// and compared there, and the table leads to each row.
func TestARepeatIsInTheHistoryOfTheTab(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.pasteURL(curl)
	s := r.repeatsTimes("3", true)
	if len(r.now.sends) != 3 || r.now.at != 2 || !r.Comparable() || !r.sent[0].NewConn || r.sent[0].Client == 0 {
		t.Fatalf("%d sendings, at %d: %+v", len(r.now.sends), r.now.at, r.sent[0])
	}
	r.CompareLast()
	s.list.Choose(1)
	key := compareKey()
	s.list.TypedShortcut(&key)
	if len(r.compare) != 2 || r.compare[0] != [2]flow.ID{2, 3} || r.compare[1] != [2]flow.ID{1, 2} {
		t.Errorf("it compared %v", r.compare)
	}
	s.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if len(r.reveal) != 1 || r.reveal[0] != 2 || !s.left {
		t.Errorf("it leads to %v, the sheet is closed: %v", r.reveal, s.left)
	}
	s = r.repeatsTimes("150", false)
	if len(r.now.sends) != maxSends || r.now.inSight().id != 153 || r.sent[10].NewConn {
		t.Errorf("%d sendings, in sight is %d", len(r.now.sends), r.now.inSight().id)
	}
	s.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	if s.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp}); s.list.At() != 148 {
		t.Errorf("the table stands at %d", s.list.At())
	}
	s.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if !s.left {
		t.Error("Escape does not leave")
	}
}
