package compose

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/adrg/xdg"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/bounded"
)

// Path is where drafts are kept: compose.json in posthouse under the XDG state directory.
func Path() string { return filepath.Join(xdg.StateHome, "posthouse", "compose.json") }

// maxFile bounds the file, which has bytes in base64, and maxForms the drafts in it: one of
// many short lines takes several times what it has.
const (
	maxFile  = 2 * MaxKept
	maxForms = maxFile - 4<<10
)

// Kept is what the file holds.
type Kept struct {
	Drafts   []*Draft
	Selected int
}

// The form of the file. Bytes are base64: heads and bodies need be no text.
type fileForm struct {
	Version  int               `json:"version"`
	Selected int               `json:"selected"`
	Drafts   []json.RawMessage `json:"drafts"`
}

type draftForm struct {
	Name    string     `json:"name,omitempty"`
	Scheme  string     `json:"scheme"`
	Host    string     `json:"host"`
	Typed   string     `json:"typed,omitempty"`
	Start   []byte     `json:"start"`
	Lines   []lineForm `json:"lines"`
	End     []byte     `json:"end"`
	Mode    Mode       `json:"mode"`
	Body    []byte     `json:"body,omitempty"`
	Pairs   []pairForm `json:"pairs,omitempty"`
	Parts   *partsForm `json:"parts,omitempty"`
	File    string     `json:"file,omitempty"`
	Proto   Proto      `json:"proto"`
	Rules   bool       `json:"rules"`
	Up      bool       `json:"upstream"`
	Follow  bool       `json:"follow"`
	Length  bool       `json:"mend_length"`
	OwnTLS  bool       `json:"own_tls,omitempty"`
	Timeout int64      `json:"timeout_ms"`
	Message []byte     `json:"message,omitempty"`
	Binary  bool       `json:"binary,omitempty"`
	Key     string     `json:"key,omitempty"`
}

type lineForm struct {
	Off bool   `json:"off,omitempty"`
	Raw []byte `json:"raw"`
}

type pairForm struct {
	Off bool   `json:"off,omitempty"`
	Raw []byte `json:"raw"`
}

type partsForm struct {
	Boundary string     `json:"boundary"`
	Preamble []byte     `json:"preamble,omitempty"`
	Parts    []partForm `json:"parts"`
	Closing  []byte     `json:"closing"`
}

type partForm struct {
	Off       bool       `json:"off,omitempty"`
	Delimiter []byte     `json:"delimiter"`
	Head      []lineForm `json:"head"`
	Blank     []byte     `json:"blank"`
	Body      []byte     `json:"body,omitempty"`
	File      string     `json:"file,omitempty"`
	End       []byte     `json:"end"`
}

// MarshalJSON is the draft as files keep it.
func (d *Draft) MarshalJSON() ([]byte, error) { return json.Marshal(formOf(d)) }

// UnmarshalJSON takes what a file has kept.
func (d *Draft) UnmarshalJSON(text []byte) error {
	var form draftForm
	if err := json.Unmarshal(text, &form); err != nil {
		return err
	}
	*d = *form.draft()
	return nil
}

// size is what a draft takes of MaxKept.
func (d *Draft) size() int {
	n := len(d.Head.Raw()) + len(d.Body.Bytes) + len(d.Typed) + len(d.Name) + len(d.Socket.Bytes)
	for i := range d.Head.Lines {
		if l := &d.Head.Lines[i]; l.Off {
			n += len(l.Raw())
		}
	}
	for _, p := range d.Body.Pairs {
		n += len(p.Raw)
	}
	d.Body.Parts.each(func(text []byte, _ string) { n += len(text) })
	return n
}

// Save keeps drafts: at most MaxTabs, of MaxKept in all. left are the names of those for
// which there was no room; they are not in the file.
func Save(path string, k *Kept) (left []string, err error) {
	form := fileForm{Version: 1, Selected: k.Selected}
	room, forms := MaxKept, maxForms
	for i, d := range k.Drafts {
		n := d.size()
		var text []byte
		if n <= room {
			if text, err = json.Marshal(formOf(d)); err != nil {
				return left, err
			}
		}
		if len(form.Drafts) == MaxTabs || n > room || len(text)+1 > forms {
			left = append(left, d.Title())
			if i < k.Selected {
				form.Selected--
			}
			continue
		}
		room, forms = room-n, forms-len(text)-1
		form.Drafts = append(form.Drafts, text)
	}
	return left, WriteKept(path, &form)
}

// WriteKept writes a file as JSON, for this user alone, in the place of what stands there.
func WriteKept(path string, form any) error {
	text, err := json.Marshal(form)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return atomicfile.Options{Secret: true}.Write(path, text)
}

// DamagedError says that the file could not be read, and where it is now.
type DamagedError struct {
	Aside string // "" where it could not be moved: it must not be written over
	Err   error
}

func (e *DamagedError) Error() string { return fmt.Sprintf("%v; set aside as %s", e.Err, e.Aside) }

func (e *DamagedError) Unwrap() error { return e.Err }

var errForm = errors.New("this is no file of requests")

// Load reads what was kept. A file that cannot be read is set aside, and the error is a
// *DamagedError; where there is none, there are no drafts.
func Load(path string) (*Kept, error) {
	k := &Kept{}
	err := ReadKept(path, maxFile, func(text []byte) (err error) {
		k, err = decode(text)
		return err
	})
	if err != nil {
		return &Kept{}, err
	}
	return k, nil
}

// ReadKept reads a file of at most so many bytes, where there is one, that take understands.
// One that cannot be read is set aside, and the error is a *DamagedError.
func ReadKept(path string, most int64, take func(text []byte) error) error {
	text, err := bounded.ReadFile(path, most)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = take(text)
	}
	if err == nil {
		return nil
	}
	aside, moved := atomicfile.SetAside(path)
	if moved != nil {
		aside = ""
	}
	return &DamagedError{aside, err}
}

// decode reads the text of a file.
func decode(text []byte) (*Kept, error) {
	var form fileForm
	if err := json.Unmarshal(text, &form); err != nil {
		return nil, err
	}
	if form.Version != 1 || len(form.Drafts) > MaxTabs {
		return nil, errForm
	}
	k := &Kept{Selected: form.Selected}
	for _, text := range form.Drafts {
		d := &Draft{}
		if err := json.Unmarshal(text, d); err != nil {
			return nil, err
		}
		k.Drafts = append(k.Drafts, d)
	}
	if k.Selected < 0 || k.Selected >= len(k.Drafts) {
		k.Selected = 0
	}
	return k, nil
}

func formOf(d *Draft) draftForm {
	f := draftForm{Name: d.Name, Scheme: d.Scheme, Host: d.Host, Typed: d.Typed, Start: []byte(d.Head.Start), End: []byte(d.Head.End),
		Lines: linesForm(d.Head.Lines), Mode: d.Body.Mode, Body: d.Body.Bytes, File: d.Body.Path, Proto: d.Proto, Rules: d.Rules,
		Up: d.Upstream, Follow: d.Follow, Length: d.FixLength, OwnTLS: d.OwnTLS, Timeout: d.Timeout.Milliseconds(), Message: d.Socket.Bytes,
		Binary: d.Socket.Hex, Key: d.Socket.Key}
	for _, p := range d.Body.Pairs {
		f.Pairs = append(f.Pairs, pairForm{p.Off, []byte(p.Raw)})
	}
	if m := &d.Body.Parts; m.Boundary != "" {
		f.Parts = &partsForm{Boundary: m.Boundary, Preamble: []byte(m.Preamble), Closing: []byte(m.Closing)}
		for i := range m.Parts {
			p := &m.Parts[i]
			f.Parts.Parts = append(f.Parts.Parts, partForm{p.Off, []byte(p.Delimiter), linesForm(p.Head), []byte(p.Blank), p.Body, p.Path,
				[]byte(p.End)})
		}
	}
	return f
}

func linesForm(lines []Line) (all []lineForm) {
	for i := range lines {
		all = append(all, lineForm{lines[i].Off, []byte(lines[i].Raw())})
	}
	return all
}

func linesOf(forms []lineForm) (all []Line) {
	for _, f := range forms {
		l := foldedLine(string(f.Raw))
		l.Off = f.Off
		all = append(all, l)
	}
	return all
}

// foldedLine takes a line apart that may go on in others.
func foldedLine(raw string) Line {
	first, rest := cutLine(raw)
	l := parseLine(first)
	for rest != "" {
		next, after := cutLine(rest)
		text, end := cutEnd(next)
		l.Value, l.End, rest = l.Value+l.End+text, end, after
	}
	return l
}

func (f *draftForm) draft() *Draft {
	d := &Draft{Name: f.Name, Scheme: f.Scheme, Host: f.Host, Typed: f.Typed, Proto: min(f.Proto, HTTP2), Rules: f.Rules, Upstream: f.Up,
		Follow: f.Follow, FixLength: f.Length, OwnTLS: f.OwnTLS,
		Timeout: min(max(time.Duration(f.Timeout)*time.Millisecond, 0), MaxTimeout)}
	d.Head = Head{Start: string(f.Start), Lines: linesOf(f.Lines), End: string(f.End)}
	d.Body = Body{Mode: min(f.Mode, Hex), Bytes: f.Body, Path: f.File}
	d.Socket = Socket{Bytes: f.Message, Hex: f.Binary, Key: f.Key}
	if d.Scheme != "http" {
		d.Scheme = "https"
	}
	for _, p := range f.Pairs {
		d.Body.Pairs = append(d.Body.Pairs, Pair{p.Off, string(p.Raw)})
	}
	if m := f.Parts; m != nil {
		d.Body.Parts = Multipart{Boundary: m.Boundary, Preamble: string(m.Preamble), Closing: string(m.Closing)}
		for _, p := range m.Parts {
			d.Body.Parts.Parts = append(d.Body.Parts.Parts, Part{p.Off, string(p.Delimiter), linesOf(p.Head), string(p.Blank), p.Body,
				p.File, string(p.End)})
		}
	}
	return d
}

// MaxTimeout bounds how long an answer is waited for; 0 is no bound.
const MaxTimeout = time.Hour
