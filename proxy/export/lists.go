package export

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/compare"
	"posthouse/proxy/flow"
)

// ListForm is a form in which a comparison of two lists is written.
type ListForm uint8

// The forms of comparisons.
const (
	ListMarkdown ListForm = iota
	ListCSV
	ListNDJSON
	ListLines // for a terminal
)

// ListForms are those of files, in the order in which they are offered.
var ListForms = [...]ListForm{ListMarkdown, ListCSV, ListNDJSON}

// Ending is what the name of a file ends with.
func (f ListForm) Ending() string { return [...]string{".md", ".csv", ".ndjson", ".txt"}[f] }

// Comparison is what is written of two lists.
type Comparison struct {
	Result *compare.ListResult
	Names  [2]string           // what the lists are called
	Pairs  []int32             // of Result, in the order in which they are written
	Shown  func(string) string // a text as it goes out, such as without secrets; nil: as it is
}

// listWriter writes pairs in one form.
type listWriter interface {
	begin(c *Comparison) error
	pair(p *compare.Pair) error
	end() error
}

// Write writes the comparison. progress is told how much of it is done, from 0 to 1, and
// ends it with an error. Whatever was sent stands in it as text: what a terminal, a
// spreadsheet or a reader of Markdown would act on does not.
func (c *Comparison) Write(w io.Writer, f ListForm, progress func(float64) error) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var to listWriter
	switch f {
	case ListCSV:
		to = &listCSV{csv.NewWriter(out), c}
	case ListNDJSON:
		to = &listNDJSON{json.NewEncoder(out), c}
	case ListLines:
		to = &listLines{out, c}
	default:
		to = &listMarkdown{out, c}
	}
	if err := to.begin(c); err != nil {
		return err
	}
	for i, at := range c.Pairs {
		if i%512 == 0 {
			if err := progress(float64(i) / float64(len(c.Pairs))); err != nil {
				return err
			}
		}
		if err := to.pair(&c.Result.Pairs[at]); err != nil {
			return err
		}
	}
	if err := to.end(); err != nil {
		return err
	}
	return out.Flush()
}

// text is a text as it goes out, on one line.
func (c *Comparison) text(s string) string {
	if c.Shown != nil {
		s = c.Shown(s)
	}
	return strings.NewReplacer("\n", "‹U+000A›", "\t", "‹U+0009›").Replace(visibleText(s))
}

// request is that of a pair; one of which there are too many to tell has none.
func (c *Comparison) request(p *compare.Pair) compare.Request {
	r, _ := c.Result.Request(p)
	return compare.Request{Method: c.text(r.Method), Host: c.text(r.Host), Path: c.text(r.Path)}
}

// sides are a value of each exchange that there is, and the sign between them.
func sides(p *compare.Pair, between string, value func(side int) string) string {
	var values []string
	for side, id := range [2]flow.ID{p.A, p.B} {
		if id != 0 {
			values = append(values, value(side))
		}
	}
	if len(values) == 2 && values[0] == values[1] {
		return values[0]
	}
	return strings.Join(values, between)
}

// statusOf is the status of a side, or what failed in place of one.
func statusOf(p *compare.Pair, side int) string {
	if p.Status[side] == 0 {
		return p.Failure[side].String()
	}
	return strconv.Itoa(int(p.Status[side]))
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64)
}

// lackNames are codes of what could not be looked at, in the order of their bits.
var lackNames = [compare.Lacks]string{"cut", "evicted", "not-recorded", "arriving", "undecoded", "tunnel", "large"}

// lacksOf are the codes of what a pair lacks.
func lacksOf(p *compare.Pair) (all []string) {
	for i, name := range lackNames {
		if p.Lacks&(1<<i) != 0 {
			all = append(all, name)
		}
	}
	return all
}

// kindOf is the kind of a pair, and whether it is slower.
func kindOf(p *compare.Pair) string {
	if p.Slower {
		return p.Kind.String() + ", slower"
	}
	return p.Kind.String()
}

type listMarkdown struct {
	*bufio.Writer
	c *Comparison
}

func (w *listMarkdown) begin(c *Comparison) error {
	n := &c.Result.Counts
	_, err := fmt.Fprintf(w, "### %s → %s\n\n%d new · %d gone · %d changed · %d slower · %d not known · %d same\n\n"+
		"| | Request | Status | Time | Size | Differs |\n|---|---|---|---|---|---|\n",
		codeSpan(c.text(c.Names[0])), codeSpan(c.text(c.Names[1])), n.Kinds[compare.PairNew], n.Kinds[compare.PairGone],
		n.Kinds[compare.PairChanged], n.Slower, n.Kinds[compare.PairUnseen], n.Kinds[compare.PairSame])
	return err
}

// cell is a text that was sent as code in a cell of a table (GFM section 4.10).
func cell(text string) string {
	if text == "" {
		return ""
	}
	return strings.ReplaceAll(codeSpan(text), "|", `\|`)
}

func (w *listMarkdown) pair(p *compare.Pair) error {
	request := w.c.request(p)
	_, err := fmt.Fprintf(w, "| %s | %s | %s | %s | %s B | %s |\n", kindOf(p),
		cell(strings.TrimSpace(request.Method+" "+request.Host+request.Path)),
		sides(p, " → ", func(side int) string { return statusOf(p, side) }), tookText(p, " → "),
		sides(p, " → ", func(side int) string { return strconv.FormatInt(p.Size[side], 10) }), w.c.differs(p, cell))
	return err
}

// tookText is how long both took, with the ratio where the second is slower.
func tookText(p *compare.Pair, between string) string {
	took := sides(p, between, func(side int) string { return milliseconds(p.Took[side]) + " ms" })
	if p.Slower {
		took += fmt.Sprintf(" (×%.1f)", float64(p.Took[1])/float64(max(p.Took[0], time.Microsecond)))
	}
	return took
}

// differs says in what a pair does, and what could not be looked at. Names are written by
// name.
func (c *Comparison) differs(p *compare.Pair, name func(string) string) string {
	var parts []string
	told := c.Result.Told(p)
	for _, d := range told {
		part := strings.ReplaceAll(d.Part.String(), "-", " ")
		if d.Name != "" {
			part += " " + name(c.text(d.Name))
		}
		parts = append(parts, part)
	}
	if more := int(p.Differ) - len(told); more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	if lacks := lacksOf(p); len(lacks) > 0 {
		parts = append(parts, "not compared: "+strings.Join(lacks, ", "))
	}
	return strings.Join(parts, "; ")
}

func (w *listMarkdown) end() error { return nil }

// listLines are lines for a terminal.
type listLines struct {
	*bufio.Writer
	c *Comparison
}

func (w *listLines) begin(*Comparison) error { return nil }

func (w *listLines) pair(p *compare.Pair) error {
	request := w.c.request(p)
	line := fmt.Sprintf("%-16s %-7s %s  %s  %s  %s B  %s", kindOf(p), request.Method, request.Host+request.Path,
		sides(p, " > ", func(side int) string { return statusOf(p, side) }), tookText(p, " > "),
		sides(p, " > ", func(side int) string { return strconv.FormatInt(p.Size[side], 10) }),
		w.c.differs(p, func(s string) string { return s }))
	_, err := w.WriteString(strings.TrimRight(line, " ") + "\n")
	return err
}

func (w *listLines) end() error { return nil }

type listCSV struct {
	*csv.Writer
	c *Comparison
}

func (w *listCSV) begin(*Comparison) error {
	return w.Write([]string{"kind", "slower", "method", "host", "path", "status_a", "status_b", "ms_a", "ms_b", "bytes_a", "bytes_b",
		"differences", "differs_in", "not_compared", "id_a", "id_b"})
}

// plainCell is a text of which no spreadsheet makes a formula.
func plainCell(text string) string {
	if strings.ContainsRune("=+-@", rune((text + " ")[0])) {
		return "'" + text
	}
	return text
}

func (w *listCSV) pair(p *compare.Pair) error {
	request := w.c.request(p)
	of := func(side int, value func(side int) string) string {
		if [2]flow.ID{p.A, p.B}[side] == 0 {
			return ""
		}
		return value(side)
	}
	row := []string{p.Kind.String(), strconv.FormatBool(p.Slower), plainCell(request.Method), plainCell(request.Host),
		plainCell(request.Path)}
	for _, value := range [...]func(side int) string{
		func(side int) string { return statusOf(p, side) },
		func(side int) string { return milliseconds(p.Took[side]) },
		func(side int) string { return strconv.FormatInt(p.Size[side], 10) },
	} {
		row = append(row, of(0, value), of(1, value))
	}
	var differs []string
	for _, d := range w.c.Result.Told(p) {
		differs = append(differs, strings.TrimSpace(d.Part.String()+" "+w.c.text(d.Name)))
	}
	row = append(row, strconv.Itoa(int(p.Differ)), strings.Join(differs, "; "), strings.Join(lacksOf(p), " "))
	for side, id := range [2]flow.ID{p.A, p.B} {
		row = append(row, of(side, func(int) string { return strconv.FormatUint(uint64(id), 10) }))
	}
	return w.Write(row)
}

func (w *listCSV) end() error {
	w.Flush()
	return w.Error()
}

type listNDJSON struct {
	*json.Encoder
	c *Comparison
}

// The lines of JSON; docs/compare.md describes them.
type (
	listLine struct {
		Kind        string           `json:"kind"`
		Slower      bool             `json:"slower,omitempty"`
		Method      string           `json:"method,omitempty"`
		Host        string           `json:"host,omitempty"`
		Path        string           `json:"path,omitempty"`
		A           *listSide        `json:"a,omitempty"`
		B           *listSide        `json:"b,omitempty"`
		Differences int32            `json:"differences,omitempty"`
		Differs     []listDifference `json:"differs_in,omitempty"`
		Lacks       []string         `json:"not_compared,omitempty"`
	}
	listSide struct {
		ID      uint64  `json:"id"`
		Status  int16   `json:"status,omitempty"`
		Failure string  `json:"failure,omitempty"`
		MS      float64 `json:"ms"`
		Bytes   int64   `json:"bytes"`
	}
	listDifference struct {
		Part string `json:"part"`
		Name string `json:"name,omitempty"`
	}
)

func (w *listNDJSON) begin(*Comparison) error { return nil }

func (w *listNDJSON) pair(p *compare.Pair) error {
	request := w.c.request(p)
	line := listLine{Kind: p.Kind.String(), Slower: p.Slower, Method: request.Method, Host: request.Host, Path: request.Path,
		Differences: p.Differ, Lacks: lacksOf(p)}
	for side, to := range [2]**listSide{&line.A, &line.B} {
		if id := [2]flow.ID{p.A, p.B}[side]; id != 0 {
			*to = &listSide{ID: uint64(id), Status: p.Status[side], MS: float64(p.Took[side].Microseconds()) / 1000, Bytes: p.Size[side]}
			if p.Failure[side] != flow.FailureNone {
				(*to).Failure = p.Failure[side].String()
			}
		}
	}
	for _, d := range w.c.Result.Told(p) {
		line.Differs = append(line.Differs, listDifference{d.Part.String(), w.c.text(d.Name)})
	}
	return w.Encode(&line)
}

func (w *listNDJSON) end() error { return nil }
