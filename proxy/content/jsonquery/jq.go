package jsonquery

import (
	"context"
	"errors"
	"runtime/metrics"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/itchyny/gojq"
)

func compileJQ(source string) (question, error) {
	parsed, err := gojq.Parse(source)
	if err != nil {
		return nil, syntaxOf(source, err)
	}
	code, err := gojq.Compile(parsed)
	if err != nil {
		return nil, &Error{Syntax: true, Fault: faultOf(err.Error()), Msg: err.Error()}
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
			return &Error{Fault: faultOf(err.Error()), Msg: err.Error()}
		}
	}, nil
}

// syntaxOf says where jq stopped to understand.
func syntaxOf(source string, err error) *Error {
	e := &Error{Syntax: true, Msg: err.Error()}
	var bad *gojq.ParseError
	switch {
	case !errors.As(err, &bad):
	case e.Msg == "unexpected EOF":
		e.Fault = FaultEnd
	default:
		begin := min(max(0, bad.Offset-len(bad.Token)), len(source))
		e.Fault, e.At, e.Token = FaultToken, utf8.RuneCountInString(source[:begin])+1, bad.Token
	}
	return e
}

// faults are how messages of gojq begin.
var faults = []struct {
	begin string
	fault Fault
}{
	{"function not defined: ", FaultFunction}, {"variable not defined: ", FaultVariable},
	{"expected an object but got: ", FaultNotObject}, {"expected an array but got: ", FaultNotArray},
	{"cannot iterate over: ", FaultNotEach},
}

func faultOf(msg string) Fault {
	for _, f := range faults {
		if strings.HasPrefix(msg, f.begin) {
			return f.fault
		}
	}
	return FaultOther
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
