package desktop

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/bounded"
	"posthouse/proxy/filelock"
)

var (
	// ErrRunning: another instance runs, and has been told of the request.
	ErrRunning = errors.New("another Posthouse is running and was told of this start")
	// ErrSilent: another instance runs and does not answer.
	ErrSilent = errors.New("another Posthouse is running and does not answer")
)

// A Request is what a second start asks of the first instance.
type Request struct {
	Start  bool `json:"start"`  // to start the proxy
	Hidden bool `json:"hidden"` // not to show its window, which it does otherwise

	// Files are to be opened: absolute paths, at most MaxFiles.
	Files []string `json:"-"` // names need not be UTF-8, as JSON is
}

// MaxFiles bounds the files that one start can ask to be opened.
const MaxFiles = 64

const (
	claimLimit   = 5 * time.Second // for a first instance to answer, or to end
	claimPause   = 20 * time.Millisecond
	requestLimit = 2 * time.Second // for one to be told
	maxAddress   = 1 << 10         // bytes
	maxRequest   = 512 << 10       // bytes: 64 paths of 4 KiB
	maxTellers   = 8               // connections at once
)

// An Instance is the one of its user and settings file. Others ask it over a
// loopback port, with a word that only the user can read.
type Instance struct {
	// Requests has what second starts ask for.
	Requests <-chan Request

	requests chan Request
	held     *filelock.Lock
	listener net.Listener
	info     string
	token    string
	slots    chan struct{}
	wg       sync.WaitGroup
}

// address is where an instance is asked, as written into a file of mode 0600.
type address struct {
	Addr  string `json:"addr"`
	Token string `json:"token"`
	PID   int    `json:"pid"`
}

// message is what a second start sends.
type message struct {
	Token string `json:"token"`
	Request
	Files [][]byte `json:"files,omitempty"`
}

// request is what a message asks for.
func (m *message) request() Request {
	r := m.Request
	for _, path := range m.Files[:min(len(m.Files), MaxFiles)] {
		if filepath.IsAbs(string(path)) {
			r.Files = append(r.Files, string(path))
		}
	}
	return r
}

// Claim makes this process the one instance for a settings file, or asks the one
// that is there for what r says and returns ErrRunning, or ErrSilent where that
// does not answer. With any other error it is not known whether there is one. dir
// is the state directory.
func Claim(dir, settings string, r Request) (*Instance, error) {
	if abs, err := filepath.Abs(settings); err == nil {
		settings = abs
	}
	sum := sha256.Sum256([]byte(settings))
	base := filepath.Join(dir, "instance-"+hex.EncodeToString(sum[:6]))
	for end := time.Now().Add(claimLimit); ; time.Sleep(claimPause) {
		held, err := filelock.Try(base + ".lock")
		if err == nil {
			return newInstance(held, base+".json")
		}
		if !errors.Is(err, filelock.ErrHeld) {
			return nil, fmt.Errorf("it cannot be seen whether Posthouse is running: %w", err)
		}
		// It may have just begun, or be about to end: both pass.
		pid, err := tell(base+".json", r)
		if err == nil {
			return nil, ErrRunning
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("%w: end process %d, which uses %s: %w", ErrSilent, pid, settings, err)
		}
	}
}

func newInstance(held *filelock.Lock, info string) (*Instance, error) {
	i := &Instance{requests: make(chan Request, 1), held: held, info: info, token: rand.Text(), slots: make(chan struct{}, maxTellers)}
	i.Requests = i.requests
	var err error
	if i.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		held.Release()
		return nil, fmt.Errorf("a second start could not be told of this one: %w", err)
	}
	text, err := json.Marshal(address{i.listener.Addr().String(), i.token, os.Getpid()})
	if err == nil {
		atomicfile.RemovePieces(info)
		_ = os.Remove(info) // whatever its mode was
		err = atomicfile.Write(info, text)
	}
	if err != nil {
		_ = i.listener.Close()
		held.Release()
		return nil, fmt.Errorf("a second start could not be told of this one: %w", err)
	}
	i.wg.Go(i.serve)
	return i, nil
}

// Close lets another instance be the one.
func (i *Instance) Close() {
	_ = os.Remove(i.info)
	_ = i.listener.Close()
	i.wg.Wait()
	i.held.Release()
}

func (i *Instance) serve() {
	for {
		c, err := i.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // no descriptors left: it passes
			time.Sleep(claimPause)
			continue
		}
		select {
		case i.slots <- struct{}{}:
			i.wg.Go(func() {
				defer func() { <-i.slots }()
				i.hear(c)
			})
		default:
			_ = c.Close()
		}
	}
}

// hear takes one request. Without the word nothing is answered.
func (i *Instance) hear(c net.Conn) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(requestLimit))
	var m message
	line, err := bufio.NewReader(io.LimitReader(c, maxRequest)).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &m) != nil || subtle.ConstantTimeCompare([]byte(m.Token), []byte(i.token)) != 1 {
		return
	}
	i.put(m.request())
	_, _ = io.WriteString(c, "ok\n")
}

// put hands a request on; where one waits still, both become one.
func (i *Instance) put(r Request) {
	for {
		select {
		case i.requests <- r:
			return
		case old := <-i.requests:
			r.Start, r.Hidden = r.Start || old.Start, r.Hidden && old.Hidden
			r.Files = append(old.Files, r.Files...)
			r.Files = r.Files[:min(len(r.Files), MaxFiles)]
		}
	}
}

// tell asks the instance that wrote the file.
func tell(info string, r Request) (pid int, err error) {
	written, err := bounded.ReadFile(info, maxAddress)
	if err != nil {
		return 0, err
	}
	var a address
	if err := json.Unmarshal(written, &a); err != nil {
		return 0, err
	}
	c, err := net.DialTimeout("tcp", a.Addr, requestLimit)
	if err != nil {
		return a.PID, err
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(requestLimit))
	m := message{Token: a.Token, Request: r}
	for _, path := range r.Files {
		m.Files = append(m.Files, []byte(path))
	}
	text, err := json.Marshal(m)
	if err != nil {
		return a.PID, err
	}
	if _, err := c.Write(append(text, '\n')); err != nil {
		return a.PID, err
	}
	answer, err := bounded.Read(c, maxAddress)
	if err == nil && string(answer) != "ok\n" {
		err = errors.New("it did not take the request")
	}
	return a.PID, err
}
