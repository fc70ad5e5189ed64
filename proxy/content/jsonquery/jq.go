package jsonquery

import (
	"context"
	"errors"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/itchyny/gojq"
)

func compileJQ(source string) (question, error) {
	parsed, err := gojq.Parse(source)
	if err != nil {
		return nil, &Error{Syntax: true, Msg: err.Error()}
	}
	code, err := gojq.Compile(parsed)
	if err != nil {
		return nil, &Error{Syntax: true, Msg: err.Error()}
	}
	return func(ctx context.Context, value any, out *printer) error {
		ctx, stop := watchHeap(ctx)
		defer stop()
		results := code.RunWithContext(ctx, value)
		for {
			result, ok := results.Next()
			if !ok {
				return nil
			}
			err, failed := result.(error)
			if !failed {
				if err = out.add(ctx, result); err != nil {
					return causeOf(ctx, err)
				}
				continue
			}
			var halt *gojq.HaltError
			if errors.As(err, &halt) && halt.Value() == nil {
				return nil
			}
			if ctx.Err() != nil {
				return causeOf(ctx, err)
			}
			return &Error{Msg: err.Error()}
		}
	}, nil
}

func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// watchHeap ends a context once the heap has grown by MaxHeap; stop ends the watching.
func watchHeap(ctx context.Context) (watched context.Context, stop func()) {
	watched, cancel := context.WithCancelCause(ctx)
	begun := heap()
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(heapEvery)
		defer tick.Stop()
		for {
			select {
			case <-watched.Done():
				return
			case <-tick.C:
				if now := heap(); now > begun && now-begun > MaxHeap {
					cancel(ErrHeap)
					return
				}
			}
		}
	})
	return watched, func() {
		cancel(nil)
		done.Wait()
	}
}

// heap is how many bytes lie in the heap, garbage included.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
