package proxy

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// answering is a relay with a rule that answers with a file of so many bytes.
func answering(t *testing.T, size int, config Config, settings ...http2.Setting) (r *relayed, client *peer, file string, body []byte) {
	t.Helper()
	folder := t.TempDir()
	file = filepath.Join(folder, "body")
	body = make([]byte, size)
	for i := range body {
		body[i] = byte(rand.Uint32())
	}
	must(t, os.WriteFile(file, body, 0o600))
	set, err := rules.Load("rules.toml", []byte("[[rule]]\nwhen='path:/file'\nanswer.file='body'"), folder)
	must(t, err)
	config.Rules = set
	r, client, origin := opened(t, config, settings...)
	_ = origin.frames()
	return r, client, file, body
}

// files asks for so many files, reads the answers until all have ended, and grants what they took.
func (p *peer) files(t *testing.T, streams int) map[uint32][]byte {
	t.Helper()
	got := make(map[uint32][]byte)
	granted := make(chan uint32, 1<<14)
	defer close(granted)
	go func() {
		for i := range uint32(streams) {
			p.head(t, 2*i+1, true, asked("GET", "/file")...)
		}
		for n := range granted {
			_ = p.WriteWindowUpdate(0, n>>8)
			_ = p.WriteWindowUpdate(n&0xff, n>>8) // maybe of one that has ended
		}
	}()
	for ended := 0; ended < streams; {
		f, err := p.ReadFrame()
		must(t, err)
		switch f := f.(type) {
		case *http2.DataFrame:
			got[f.StreamID] = append(got[f.StreamID], f.Data()...)
			if n := f.Length; n > 0 {
				granted <- n<<8 | f.StreamID
			}
			if f.StreamEnded() {
				ended++
			}
		case *http2.RSTStreamFrame:
			t.Fatalf("stream %d is reset: %v", f.StreamID, f.ErrCode)
		}
	}
	return got
}

// Many long files are answered at the same time, none resets another.
func TestHTTP2ManyFiles(t *testing.T) {
	const streams = http2Files + 20
	r, client, _, body := answering(t, 150_000, Config{})
	for stream, got := range client.files(t, streams) {
		if !bytes.Equal(got, body) {
			t.Errorf("stream %d: %d bytes", stream, len(got))
		}
	}
	row := r.row(t, "/file")
	if row.Failure != 0 || row.ResponseSize != int64(len(body)) || row.Effects != flow.EffectApplied|flow.EffectAnswered {
		t.Errorf("%+v", row)
	}
	h := r.conn.http2.Load()
	eventually.Holds(t, "all files are closed", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.own.files == 0 && len(h.own.late) == 0 && len(h.own.streams) == 0 && len(h.streams) == 0
	})
}

// Files whose client takes nothing are bounded in number and memory, and their rows say what became of them.
func TestHTTP2FilesThatAreNotTaken(t *testing.T) {
	const streams = http2Files + 20
	r, client, _, _ := answering(t, 150_000, quick, http2.Setting{ID: http2.SettingInitialWindowSize})
	frames := client.frames()
	for i := range uint32(streams) {
		client.head(t, 2*i+1, true, asked("GET", "/file")...)
	}
	first := answeredFirst(t, frames, http2Files) // in which order is the disk's affair
	h := r.conn.http2.Load()
	eventually.Holds(t, "the rest waits for files to be closed", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.own.files == http2Files && len(h.own.late) == streams-http2Files && !h.own.making
	})
	h.mu.Lock()
	for id, x := range h.streams {
		if x.rest != "" {
			t.Errorf("stream %d holds %d bytes", id, len(x.rest))
		}
	}
	h.mu.Unlock()
	must(t, client.WriteRSTStream(first[0], http2.ErrCodeCancel))
	answeredFirst(t, frames, 1)
	h.sweep(soon())
	until(t, frames, "RST_STREAM "+number(first[1])+" CANCEL")
	if row := r.row(t, "/file"); row.Failure != flow.FailureClientGone || row.Status != 200 {
		t.Errorf("%+v", row)
	}
}

// answeredFirst are the next so many streams that are answered.
func answeredFirst(tb testing.TB, frames <-chan string, n int) (streams []uint32) {
	tb.Helper()
	for len(streams) < n {
		var stream uint32
		f := <-frames
		if _, err := fmt.Sscanf(f, "HEADERS %d 200", &stream); err == nil {
			streams = append(streams, stream)
		} else if f == "" {
			tb.Fatal("the connection ended")
		}
	}
	return streams
}

// A file that becomes shorter while it is answered resets its stream, and the row says why.
func TestHTTP2FileBecomesShort(t *testing.T) {
	r, client, file, _ := answering(t, 150_000, Config{})
	frames := client.frames()
	client.head(t, 1, true, asked("GET", "/file")...)
	until(t, frames, "DATA 1 16383") // all that the windows allow
	must(t, os.Truncate(file, 70_000))
	must(t, client.WriteWindowUpdate(0, 1<<20))
	must(t, client.WriteWindowUpdate(1, 1<<20))
	until(t, frames, "RST_STREAM 1 INTERNAL_ERROR")
	if row := r.row(t, "/file"); row.Failure != flow.FailureTruncated || row.Reason.Code != reason.RuleFileShort {
		t.Errorf("%+v", row)
	}
}

// HEAD of a file has its head, and no file stays open.
func TestHTTP2FileWithoutBody(t *testing.T) {
	r, client, _, _ := answering(t, 1000, Config{})
	frames := client.frames()
	client.head(t, 1, true, asked("HEAD", "/file")...)
	until(t, frames, "HEADERS 1 200")
	h := r.conn.http2.Load()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.own.files != 0 || len(h.streams) != 0 {
		t.Errorf("%d files, %d streams", h.own.files, len(h.streams))
	}
}

// A client that leaves in the middle of a file gives back what is held.
func TestHTTP2ClientLeavesAFile(t *testing.T) {
	r, client, _, _ := answering(t, 1<<20, Config{})
	frames := client.frames()
	client.head(t, 1, true, asked("GET", "/file")...)
	client.head(t, 3, true, asked("GET", "/file")...)
	until(t, frames, "HEADERS 3 200")
	_ = client.Close()
	r.wait(t)
	if row := r.row(t, "/file"); row.Failure != flow.FailureClientGone {
		t.Errorf("%+v", row)
	}
}

// A page and a file that are answered before the origin's SETTINGS have come follow them whole.
func TestHTTP2AnswersBeforeTheOriginSpeaks(t *testing.T) {
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "body"), make([]byte, 40_000), 0o600))
	set, err := rules.Load("rules.toml", []byte("[[rule]]\nwhen='path:/file'\nanswer.file='body'"), folder)
	must(t, err)
	r := newRelayed(t, Config{Rules: set}, true)
	client, origin := newPeer(r.client), newPeer(r.origin)
	go func() { _, _ = io.Copy(io.Discard, origin.Conn) }()
	_, err = io.WriteString(client.Conn, http2.ClientPreface)
	must(t, err)
	must(t, client.WriteSettings())
	frames := client.frames()
	client.head(t, 1, true, asked("GET", "/", "te", "gzip")...)
	client.head(t, 3, true, asked("GET", "/file")...)
	eventually.Holds(t, "both are answered", func() bool {
		h := r.conn.http2.Load()
		if h == nil {
			return false
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.own.files == 1 && !h.own.running
	})
	must(t, origin.WriteSettings())
	until(t, frames, "SETTINGS")
	until(t, frames, "HEADERS 1 400")
	got := 0
	for f := range frames {
		var n int
		if _, err := fmt.Sscanf(f, "DATA 3 %d", &n); err == nil {
			got += n
		}
		if strings.HasPrefix(f, "DATA 3") && strings.HasSuffix(f, "END") {
			break
		}
	}
	if got != 40_000 {
		t.Errorf("%d bytes", got)
	}
}
