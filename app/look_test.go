package app

import (
	"context"
	"path/filepath"
	"testing"
	"time"
)

// A disk that does not answer while the settings or the rules are looked at keeps neither what is asked of the
// controller, nor its end.
func TestADiskThatSleepsKeepsNobody(t *testing.T) {
	c := New(Options{Path: filepath.Join(t.TempDir(), "settings.toml"), Addrs: []string{"127.0.0.1:0"}, Poll: time.Millisecond})
	begun, wakes := make(chan struct{}, 2), make(chan struct{})
	defer close(wakes)
	if !c.ask(func() {
		c.files.slow = func() {
			begun <- struct{}{}
			<-wakes
		}
	}) {
		t.Fatal("it has ended")
	}
	<-begun
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		c.Start()
		if _, err := c.Wait(ctx, func(s Status) bool { return s.State == Running }); err != nil {
			t.Error(err)
		}
		c.Stop()
		ended <- c.Close(ctx)
	}()
	select {
	case err := <-ended:
		if err != nil || len(begun) > 0 {
			t.Errorf("%v; %d looks more", err, len(begun))
		}
	case <-ctx.Done():
		t.Error("it has not ended")
	}
}
