package archive_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
)

const entry = `{"request":{"method":"GET","url":"http://a.test/"},"response":{"status":200}}`

func opened(t *testing.T, file string) (archive.Reader, *archive.Counter) {
	t.Helper()
	c := archive.NewCounter(t.Context(), strings.NewReader(file), int64(len(file)), nil)
	r, _, err := archive.Open(c, int64(len(file)), "x.har", archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r, c
}

func TestConvert(t *testing.T) {
	r, c := opened(t, `{"log":{"entries":[`+entry+","+entry+`]}}`)
	var b bytes.Buffer
	w, err := archive.Create(archive.HAR, &b)
	if err != nil {
		t.Fatal(err)
	}
	var last archive.Progress
	done, err := archive.Convert(t.Context(), w, r, c, func(p archive.Progress) { last = p })
	if err != nil || done != (archive.Progress{Entries: 2, Part: 1}) || last != done {
		t.Errorf("%+v, told %+v, %v", done, last, err)
	}
	again, _ := opened(t, b.String())
	if x, err := again.Next(); err != nil || x.Host != "a.test" {
		t.Error(x, err)
	}
}

// What comes before a break is written, and the file is whole.
func TestConvertKeepsWhatComesBeforeABreak(t *testing.T) {
	r, _ := opened(t, `{"log":{"entries":[`+entry+`,{"reque`)
	var b bytes.Buffer
	w, _ := archive.Create(archive.HAR, &b)
	done, err := archive.Convert(t.Context(), w, r, nil, nil)
	var broken *archive.BrokenError
	if done.Entries != 1 || !errors.As(err, &broken) || broken.Entries != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	again, _ := opened(t, b.String())
	for {
		x, err := again.Next()
		if err != nil {
			if err.Error() != "EOF" {
				t.Error(err)
			}
			break
		}
		if x.Host != "a.test" {
			t.Error(x.Host)
		}
	}
}

// endless is a file without an end.
type endless struct{ read int }

func (e *endless) Next() (*flow.Exchange, error) {
	e.read++
	return &flow.Exchange{}, nil
}

// keeper counts what it is given; it fails at fail.
type keeper struct {
	written, fail int
	closed        bool
}

var errFull = errors.New("the disk is full")

func (k *keeper) Write(*flow.Exchange) error {
	if k.written++; k.written == k.fail {
		return errFull
	}
	return nil
}

func (k *keeper) Close() error { k.closed = true; return nil }

func TestConvertCanBeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	to := &keeper{}
	_, err := archive.Convert(ctx, to, &endless{}, nil, func(archive.Progress) { cancel() })
	if !errors.Is(err, context.Canceled) || to.closed {
		t.Errorf("%v, closed %v", err, to.closed)
	}
}

// What is read before the first exchange can be called off too, and is not told as a broken file.
func TestReadingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := archive.NewCounter(ctx, strings.NewReader("12345678"), 8, nil)
	b := make([]byte, 4)
	if _, err := c.ReadAt(b, 0); err != nil || c.Part() != 0.5 {
		t.Error(c.Part(), err)
	}
	c.Tell(1) // to nobody
	cancel()
	if _, err := c.ReadAt(b, 4); !errors.Is(err, context.Canceled) || c.Part() != 0.5 {
		t.Error(c.Part(), err)
	}
	broken := &breaking{}
	ctx, broken.cancel = context.WithCancel(t.Context())
	if _, err := archive.Convert(ctx, &keeper{}, broken, nil, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// breaking is called off while it is read, and takes that for damage.
type breaking struct{ cancel func() }

func (b *breaking) Next() (*flow.Exchange, error) {
	b.cancel()
	return nil, &archive.BrokenError{Offset: -1}
}

func TestConvertStopsWhereItCannotWrite(t *testing.T) {
	to, from := &keeper{fail: 3}, &endless{}
	done, err := archive.Convert(t.Context(), to, from, nil, nil)
	if !errors.Is(err, errFull) || done.Entries != 2 || from.read != 3 {
		t.Errorf("%+v after %d, %v", done, from.read, err)
	}
}
