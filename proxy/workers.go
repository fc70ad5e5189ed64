package proxy

import "sync"

// maxResting bounds the goroutines that wait for a connection to serve.
const maxResting = 64

// workers are the goroutines that serve connections. One that has served its connection rests, and is
// given the next: making one, and having its stack grow, costs as much as some system calls. They rest
// while the sweeper runs, which ends those that nothing came for.
type workers struct {
	srv     *Server
	resting []worker // who came last is taken first; Server.mu guards it
	spare   int      // how many of them nothing came for since trim; likewise
	wg      sync.WaitGroup
}

// worker is where one that rests is given a connection; nil ends it. Who gives does not wait.
type worker chan *conn

// employ finds who serves the next connection; nil says that a new goroutine does. Server.mu is held.
func (w *workers) employ() worker {
	n := len(w.resting) - 1
	if n < 0 {
		w.wg.Add(1)
		return nil
	}
	next := w.resting[n]
	w.resting = w.resting[:n]
	w.spare = min(w.spare, n)
	return next
}

// work is a goroutine that serves c, and then what comes.
func (w *workers) work(c *conn) {
	defer w.wg.Done()
	growStack(c.id)
	one := make(worker, 1)
	for c != nil {
		c.run()
		c = w.rest(one)
	}
}

// rest waits for the next connection; nil ends the worker.
func (w *workers) rest(one worker) *conn {
	s := w.srv
	s.mu.Lock()
	if s.closing.Load() || !s.sweeper.running || len(w.resting) >= maxResting {
		s.mu.Unlock()
		return nil
	}
	w.resting = append(w.resting, one)
	s.mu.Unlock()
	return <-one
}

// trim ends those that nothing came for since it was called last.
func (w *workers) trim() {
	w.srv.mu.Lock()
	defer w.srv.mu.Unlock()
	w.end(w.spare)
	w.spare = len(w.resting)
}

// endAll ends all that rest; Server.mu is held.
func (w *workers) endAll() { w.end(len(w.resting)) }

// end ends the n that have rested longest; Server.mu is held.
func (w *workers) end(n int) {
	for _, one := range w.resting[:n] {
		one <- nil
	}
	rest := copy(w.resting, w.resting[n:])
	clear(w.resting[rest:])
	w.resting = w.resting[:rest]
	w.spare = min(w.spare, rest)
}

// wait ends all, and waits for them, once no connection is left and none comes.
func (w *workers) wait() {
	w.srv.mu.Lock()
	w.endAll()
	w.srv.mu.Unlock()
	w.wg.Wait()
}
