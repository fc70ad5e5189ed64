package document

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/ui/uitest"
)

// testWorker is a worker whose calls to the UI goroutine wait in a queue.
func testWorker(t *testing.T) (*Worker, chan func()) {
	queue := make(chan func(), 16)
	w := NewWorker(func(f func()) { queue <- f })
	t.Cleanup(w.Close)
	return w, queue
}

func TestWorkerHandsOver(t *testing.T) {
	w, queue := testWorker(t)
	var got []int
	w.Post(TaskShow, func(ctx context.Context) {
		w.HandOver(ctx, func() { got = append(got, 1) })
		w.HandOver(ctx, func() { got = append(got, 2) })
	})
	uitest.Receive(t, queue, "the first")()
	uitest.Receive(t, queue, "the second")()
	if !slices.Equal(got, []int{1, 2}) {
		t.Errorf("%v were called", got)
	}
}

// A new task takes the place of a waiting one and calls off one that runs; what
// the old ones made is dropped. Other kinds go on.
func TestWorkerReplaces(t *testing.T) {
	w, queue := testWorker(t)
	running, ended := make(chan struct{}), make(chan error, 1)
	w.Post(TaskShow, func(ctx context.Context) {
		close(running)
		<-ctx.Done()
		ended <- ctx.Err()
		w.HandOver(ctx, func() { t.Error("what was called off is shown") })
	})
	uitest.Receive(t, running, "the first task")
	var waited atomic.Bool
	w.Post(TaskSearch, func(ctx context.Context) { w.HandOver(ctx, func() {}) })
	w.Post(TaskShow, func(context.Context) { waited.Store(true) })
	done := make(chan struct{})
	w.Post(TaskShow, func(context.Context) { close(done) })
	if err := uitest.Receive(t, ended, "the end of the first task"); err == nil {
		t.Error("the first task was not called off")
	}
	uitest.Receive(t, queue, "what the first handed over")()
	uitest.Receive(t, done, "the last task")
	uitest.Receive(t, queue, "the search")()
	if waited.Load() {
		t.Error("a task that was replaced while it waited ran")
	}
}

func TestWorkerCancels(t *testing.T) {
	w, _ := testWorker(t)
	running, ended := make(chan struct{}), make(chan struct{})
	w.Post(TaskSearch, func(ctx context.Context) {
		close(running)
		<-ctx.Done()
		close(ended)
	})
	uitest.Receive(t, running, "the task")
	w.Cancel(TaskShow) // another kind
	select {
	case <-ended:
		t.Fatal("cancelling another kind called it off")
	default:
	}
	w.Cancel(TaskSearch)
	uitest.Receive(t, ended, "its end")
}

// A task that is not due keeps no other waiting.
func TestWorkerWaitsForATime(t *testing.T) {
	w, _ := testWorker(t)
	shown, searched := make(chan time.Time, 1), make(chan struct{})
	due := time.Now().Add(150 * time.Millisecond)
	w.PostAt(TaskShow, due, func(context.Context) { shown <- time.Now() })
	w.Post(TaskSearch, func(context.Context) { close(searched) })
	uitest.Receive(t, searched, "the task that is due")
	if at := uitest.Receive(t, shown, "the task of later"); at.Before(due) {
		t.Errorf("it ran %v too early", due.Sub(at))
	}
}

// Close waits for a task, also for one whose result nobody takes any more.
func TestWorkerCloseWaits(t *testing.T) {
	w := NewWorker(func(func()) {}) // the UI goroutine has ended
	handing, ended := make(chan struct{}), atomic.Bool{}
	w.Post(TaskShow, func(ctx context.Context) {
		close(handing)
		w.HandOver(ctx, func() { t.Error("called after the end") })
		ended.Store(true)
	})
	w.Post(TaskSearch, func(ctx context.Context) { <-ctx.Done() })
	uitest.Receive(t, handing, "the task")
	w.Close()
	if !ended.Load() {
		t.Error("close returned before the task did")
	}
	w.Post(TaskShow, func(context.Context) { t.Error("a task ran after close") })
}
