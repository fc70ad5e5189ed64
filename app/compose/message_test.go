package compose

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
)

// TLS is spoken as the program did whose request it was, unless that is not known or a person
// wants Posthouse's own.
func TestTheTLSOfADraft(t *testing.T) {
	m := outgoing.Message{Scheme: "https", Host: "a", Head: []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
		JA4: flow.ParseJA4("t13d1516h2_8daaf6152771_d8a2da3f94cd")}
	hello := func(d *Draft) outgoing.Hello {
		t.Helper()
		m, files, err := d.Message()
		if err != nil {
			t.Fatal(err)
		}
		_ = files.Close()
		return m.Hello
	}
	d := FromMessage(&m)
	if !d.Mirrors() || d.OwnTLS || hello(d) != outgoing.HelloMirrored {
		t.Errorf("%+v does not speak as the program", d)
	}
	if d.OwnTLS = true; hello(d) != outgoing.HelloOwn {
		t.Error("a person cannot choose Posthouse's own")
	}
	if m.Hello = outgoing.HelloOwn; !FromMessage(&m).OwnTLS {
		t.Error("the choice is lost in the message")
	}
	m.Hello, m.JA4 = outgoing.HelloMirrored, flow.JA4{}
	if d := FromMessage(&m); d.Mirrors() || hello(d) != outgoing.HelloOwn {
		t.Error("it is to speak as a program that is not known")
	}
}

// What was not edited is sent as it passed, in either version.
func TestAnUneditedDraftIsTheMessage(t *testing.T) {
	for _, raw := range oddHeads[:8] {
		m := outgoing.Message{Scheme: "http", Host: "a", Port: 81, Head: []byte(raw), Body: outgoing.Body{Bytes: []byte("a=%zz&\x00")}}
		if raw[0] == ':' {
			m.Scheme, m.Head, m.Protocol = "https", nil, outgoing.HTTP2
			m.Fields = outgoing.ParseFields([]byte(raw), 1<<4)
			m.Stream = flow.HTTP2{Opening: "x"}
		}
		d := FromMessage(&m)
		got, files, err := d.Message()
		if err != nil {
			t.Errorf("%q: %v", raw, err)
			continue
		}
		_ = files.Close()
		if !bytes.Equal(got.Head, m.Head) || !bytes.Equal(got.Body.Bytes, m.Body.Bytes) || got.Stream != m.Stream || got.Host != "a" ||
			got.Port != 81 || len(got.Fields) != len(m.Fields) {
			t.Errorf("%q became %+v", raw, got)
		}
		for i := range m.Fields {
			if m.Fields[i] != got.Fields[i] {
				t.Errorf("%+v became %+v", m.Fields[i], got.Fields[i])
			}
		}
	}
}

// Parts that are files are read when they are sent, and only then.
func TestFilesInParts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	d := New()
	_ = d.SetURL("http://a/")
	d.SetMode(InParts)
	part := d.Body.Parts.Add()
	_, _ = part.SetName("a"), part.SetFile(path, "f.txt", "text/plain")
	if _, _, err := d.Message(); err == nil {
		t.Error("a file that is not there is sent")
	}
	if p := d.Problems(); len(p) != 1 || p[0].Kind != FileMissing {
		t.Errorf("%v", p)
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte("content"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	m, files, err := d.Message()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = files.Close() }()
	body, err := io.ReadAll(iotest.HalfReader(m.Body.Open()))
	parts, ok := ParseMultipart(d.Head.Value("Content-Type"), body)
	if err != nil || !ok || len(parts.Parts) != 1 || len(parts.Parts[0].Body) != 7000 || parts.Parts[0].File() != "f.txt" ||
		int64(len(body)) != m.Body.Len() {
		t.Errorf("%v, %d bytes, %v", err, len(body), ok)
	}
	if _, whole := d.Body.Parts.Bytes(); whole {
		t.Error("a body with a file is said to be whole")
	}
	d.SetMode(File)
	d.Body.Path = filepath.Dir(path)
	if _, _, err := d.Message(); err == nil {
		t.Error("a folder is sent")
	}
}
