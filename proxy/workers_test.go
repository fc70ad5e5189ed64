package proxy

import "testing"

// toldToEnd is a worker that is told so as soon as it rests.
func toldToEnd() worker {
	one := make(worker, 1)
	one <- nil
	return one
}

// Who has served a connection is given the next, the one that came last first; what nothing came for
// in a whole turn of the sweeper ends.
func TestWorkersServeTheNext(t *testing.T) {
	w := workers{srv: &Server{}}
	if w.employ() != nil {
		t.Fatal("nobody rests")
	}
	w.wg.Done()
	all := make([]worker, 5)
	for i := range all {
		all[i] = make(worker, 1)
	}
	w.resting = append(w.resting, all...)
	w.trim() // of these five nothing can be said yet
	if len(w.resting) != 5 {
		t.Fatalf("%d rest, none had a turn without anything to do", len(w.resting))
	}
	last, before := w.employ(), w.employ()
	if last != all[4] || before != all[3] {
		t.Error("who came last is not taken first")
	}
	w.resting = append(w.resting, last)
	w.trim()
	if len(w.resting) != 1 || w.resting[0] != last {
		t.Fatalf("%d rest; three had nothing to do, one had", len(w.resting))
	}
	for i, one := range all {
		select {
		case c := <-one:
			if c != nil || i > 2 {
				t.Errorf("worker %d of 5 was told of %v", i, c)
			}
		default:
			if i <= 2 {
				t.Errorf("worker %d of 5, for whom nothing came, was not ended", i)
			}
		}
	}
}

// No more than the bound rest, none does where no sweeper runs that would end it, nor after Shutdown.
func TestWorkersThatRestAreBounded(t *testing.T) {
	s := &Server{}
	w := &s.sweeper.workers
	w.srv = s
	if w.rest(toldToEnd()); len(w.resting) != 0 {
		t.Error("a goroutine rests, and nothing would end it")
	}
	s.sweeper.running = true
	for range maxResting {
		w.rest(toldToEnd())
	}
	full := len(w.resting)
	if w.rest(toldToEnd()); full != maxResting || len(w.resting) != full {
		t.Errorf("%d rest, and then %d; at most %d may", full, len(w.resting), maxResting)
	}
	w.resting = nil
	s.closing.Store(true)
	if w.rest(toldToEnd()); len(w.resting) != 0 {
		t.Error("a goroutine rests after the end")
	}
}
