package imports

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"posthouse/proxy/bounded"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// Format is whose rules a file has.
type Format string

const (
	Own      Format = "Posthouse" // a file of rules, or what was saved of one
	Charles  Format = "Charles"
	Proxyman Format = "Proxyman"
	Whistle  Format = "whistle"
	Chrome   Format = "Chrome"
)

// Result is what was made of rules.
type Result struct {
	Format Format
	Rules  []Taken
	Lost   []Lost
	Files  []File

	own []byte // the text of a file of Posthouse; nil for others

	written int            // bytes of names and conditions
	names   map[string]int // of files, in lower case: the highest number that one got
}

// Taken is a rule that was made. It is off where Why says so.
type Taken struct {
	rules.Rule
	Why []flow.Reason // why it is off, or what of it is another way here

	elsewhere *elsewhere // the file that it waits for, nil for none
}

// Lost is what could not be made a rule.
type Lost struct {
	Line int // from 1; 0 where none is known
	What string
	Why  flow.Reason
}

// File is a body that a rule answers with, to lie in the folder of the rules.
type File struct {
	Name   string // with slashes, in the folder of the rules
	Folder string // that is made for it, and that rules name; "" where they name the file
	Body   []byte
}

// Counts says how many rules are on, how many off, and how many places were lost.
func (r *Result) Counts() (on, off, lost int) {
	for i := range r.Rules {
		if r.Rules[i].Off {
			off++
		} else {
			on++
		}
	}
	return on, off, len(r.Lost)
}

// Text is the rules as the file of rules has them, with remarks in the words of say.
func (r *Result) Text(say func(flow.Reason) string) ([]byte, error) {
	if r.own != nil {
		text, _, _, err := rules.Alone("", r.own, func(preset string) string { return say(reason.ImportPreset.With(preset)) })
		return text, err
	}
	var b bytes.Buffer
	for i := range r.Rules {
		one := &r.Rules[i]
		var remarks []string
		for _, why := range one.Why {
			remarks = append(remarks, say(why))
		}
		block, err := rules.Block(one.Rule, remarks...)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		if b.Write(block); b.Len() > rules.MaxFile {
			return nil, &reasonError{reason.ImportLarge.With()}
		}
	}
	return b.Bytes(), nil
}

// Read reads a file, or a folder of Chrome's overrides. values are those that whistle keeps beside
// its rules; nil for none.
func Read(path string, values map[string]string) (*Result, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return readChrome(path)
	}
	text, err := bounded.ReadFile(path, rules.MaxFile)
	if err != nil {
		return nil, err
	}
	return ReadText(filepath.Base(path), text, values)
}

// ownRule is a line that begins a rule of Posthouse.
var ownRule = regexp.MustCompile(`(?m)^[ \t]*\[\[[ \t]*rule[ \t]*\]\]`)

// ReadText reads the text of a file; values are those of Read.
func ReadText(name string, text []byte, values map[string]string) (*Result, error) {
	if len(text) > rules.MaxFile {
		return nil, bounded.ErrTooLarge
	}
	text = bytes.ToValidUTF8(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\ufffd")) // as a file of rules has to be
	switch start := bytes.TrimSpace(text); {
	case ownRule.Match(text) || strings.EqualFold(filepath.Ext(name), ".toml"):
		return readOwn(name, text)
	case bytes.HasPrefix(start, []byte("<?xml")) || bytes.HasPrefix(start, []byte("<")):
		return readCharles(text)
	case bytes.HasPrefix(start, []byte("{")) || bytes.HasPrefix(start, []byte("[")):
		if names, texts, ok := exported(text); ok {
			return readExported(name, names, texts, values)
		}
		return readProxyman(text)
	}
	return readWhistle(name, text, values)
}

// readOwn reads a file of Posthouse's rules. They stay as they are written.
func readOwn(name string, text []byte) (*Result, error) {
	r := &Result{Format: Own, own: text}
	_, list, unused, err := rules.Alone(name, text, func(string) string { return "" })
	if err != nil {
		return nil, err
	}
	for i := range list {
		r.Rules = append(r.Rules, Taken{Rule: list[i]})
	}
	for _, preset := range unused {
		r.lose(0, preset, reason.ImportUnused.With())
	}
	return r, nil
}

// Values reads what whistle exports of its values, which its rules name.
func Values(text []byte) (map[string]string, error) {
	if _, texts, ok := exported(bytes.TrimPrefix(text, []byte("\ufeff"))); ok {
		return texts, nil
	}
	return nil, &reasonError{reason.ImportUnknown.With(string(Whistle))}
}

// add takes a rule that can be one, and else tells why it cannot.
func (r *Result) add(line int, one Taken) {
	what := one.Name
	if len(r.Rules) >= rules.MaxRules {
		r.lose(line, what, reason.RuleMany.With(rules.MaxRules))
		return
	}
	one.Name, one.Folder = clean(one.Name), clean(one.Folder)
	if r.written += len(one.When) + len(one.Name); r.written > rules.MaxFile { // no file could hold them
		r.lose(line, what, reason.ImportLarge.With())
		return
	}
	if !utf8.ValidString(one.When) {
		r.lose(line, what, reason.ImportPlace.With())
		return
	}
	if _, err := rules.Compile([]rules.Rule{one.Rule}, ""); err != nil {
		why := reason.Of(err)
		if r.off(&one, why) {
			r.Rules = append(r.Rules, one)
			return
		}
		r.lose(line, what, why)
		return
	}
	r.Rules = append(r.Rules, one)
}

// off makes a rule that does nothing of one that cannot be: it keeps its name and condition.
func (r *Result) off(one *Taken, why flow.Reason) bool {
	one.Rule = rules.Rule{Name: one.Name, Folder: one.Folder, When: one.When, Off: true, Note: one.Name}
	if one.Note == "" {
		one.Note = string(r.Format)
	}
	one.Why, one.elsewhere = append(one.Why, why), nil
	_, err := rules.Compile([]rules.Rule{one.Rule}, "")
	return err == nil
}

// copyOf is a rule that stays when what operations have made of it is changed.
func copyOf(t *Taken) Taken {
	c := *t
	c.Answer, c.Send, c.Delay, c.Throttle = cloned(t.Answer), cloned(t.Send), cloned(t.Delay), cloned(t.Throttle)
	c.Request, c.Response = editCopy(t.Request), editCopy(t.Response)
	return c
}

// editCopy is copyOf for an edit. Lists only grow, so that their begin is the copy's too.
func editCopy(e *rules.Edit) *rules.Edit {
	if e = cloned(e); e != nil {
		e.Query, e.Cookies, e.Body = cloned(e.Query), cloned(e.Cookies), cloned(e.Body)
	}
	return e
}

func cloned[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// lacks takes a rule that has no action here.
func (r *Result) lacks(line int, one Taken, action string) {
	if r.spent() {
		r.add(line, one) // which says so
		return
	}
	if !r.off(&one, reason.ImportNoAction.With(clean(action))) {
		r.lose(line, one.Name, reason.ImportNoAction.With(clean(action)))
		return
	}
	r.add(line, one)
}

// spent reports whether no more rules can be taken.
func (r *Result) spent() bool { return len(r.Rules) >= rules.MaxRules || r.written > rules.MaxFile }

// full reports whether nothing more can be taken or told.
func (r *Result) full() bool { return r.spent() && len(r.Lost) >= maxLost }

func (r *Result) lose(line int, what string, why flow.Reason) {
	if len(r.Lost) < maxLost {
		r.Lost = append(r.Lost, Lost{line, clean(what), why})
	}
}

// maxLost bounds what is told to be lost, and maxName a name, in bytes.
const (
	maxLost = 1000
	maxName = 200
)

// clean is a short text of one line.
func clean(text string) string {
	text = text[:min(len(text), 8*maxName)] // of a long one no more is looked at
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) { // which could have a name look like another
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxName {
		text = strings.ToValidUTF8(text[:maxName], "") + "…"
	}
	return text
}
