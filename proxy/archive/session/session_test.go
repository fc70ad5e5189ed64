package session_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"posthouse/proxy/archive"
	_ "posthouse/proxy/archive/session"
	"posthouse/proxy/flow"
)

func written(t *testing.T, n int) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := archive.Create(archive.Session, &file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		x := &flow.Exchange{Row: flow.Row{ID: flow.ID(i + 1), Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "GET", Scheme: "http",
			Host: "h", Path: "/", Status: 200}, RequestHead: []byte("GET / HTTP/1.1\r\n\r\n"), Foreign: []byte(`{"a":1}`)}
		x.ResponseBody = flow.Body{State: flow.BodyWhole, Size: 2000, Bytes: bytes.Repeat([]byte{byte(i)}, 2000)}
		if err := w.Write(x); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func read(file []byte, limits archive.Limits) (all []*flow.Exchange, f archive.Format, err error) {
	r, f, err := archive.Open(bytes.NewReader(file), int64(len(file)), "noname", limits)
	for err == nil {
		var x *flow.Exchange
		if x, err = r.Next(); err == nil {
			all = append(all, x)
		}
	}
	return all, f, err
}

func TestComesBack(t *testing.T) {
	all, f, err := read(written(t, 1000), archive.Limits{})
	if err != io.EOF || len(all) != 1000 || f != archive.Session {
		t.Fatal(len(all), f, err)
	}
	for i, x := range all {
		if x.ID != flow.ID(i+1) || len(x.ResponseBody.Bytes) != 2000 || x.ResponseBody.Bytes[0] != byte(i) ||
			string(x.Foreign) != `{"a":1}` {
			t.Fatalf("%d: %+v", i, x.Row)
		}
	}
}

func TestLimitsAndDamage(t *testing.T) {
	file := written(t, 1000)
	if all, _, err := read(file, archive.Limits{Body: 10}); err != io.EOF || all[0].ResponseBody.State != flow.BodyCut {
		t.Error(err)
	}
	if _, _, err := read(file, archive.Limits{Entries: 10}); !errors.Is(err, archive.ErrLimit) {
		t.Error(err)
	}
	var broken *archive.BrokenError
	if all, _, err := read(file[:len(file)/2], archive.Limits{}); !errors.As(err, &broken) || broken.Entries != len(all) {
		t.Errorf("cut off: %d, %v", len(all), err)
	}
	damaged := bytes.Clone(file)
	for i := range 64 {
		damaged[len(damaged)/2+i] ^= 0x55
	}
	if all, _, err := read(damaged, archive.Limits{}); !errors.As(err, &broken) {
		t.Errorf("damaged: %d, %v", len(all), err)
	}
	if _, _, err := read(append([]byte("\x89POSTHIS"), make([]byte, 40)...), archive.Limits{}); err == nil || err == io.EOF {
		t.Error(err)
	}
}
