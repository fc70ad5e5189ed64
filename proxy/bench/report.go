package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// table is rows of cells, the first row being the heading.
type table [][]string

// outcomeTable has a row for each contender: medians, ratios to the work's base taken
// round by round, and how far the rounds lie apart in the main figure.
func outcomeTable(o outcome) table {
	head := []string{""}
	for _, c := range o.columns {
		head = append(head, c.title)
	}
	base, short := o.base()
	compared := len(o.results[base]) > 0
	for _, c := range o.columns {
		if compared && c.ratio {
			head = append(head, c.key+"/"+short)
		}
	}
	if !o.once {
		head = append(head, "spread %")
	}
	t := table{head}
	for _, name := range o.contenders {
		if len(o.results[name]) == 0 {
			continue
		}
		row := []string{name}
		for _, c := range o.columns {
			row = append(row, number(c.format, o.results.median(name, c.key)))
		}
		for _, c := range o.columns {
			if compared && c.ratio {
				row = append(row, number("%.2f", o.results.ratio(name, base, c.key)))
			}
		}
		for _, c := range o.columns {
			if !o.once && c.main {
				row = append(row, number("%.0f", 100*spread(o.results.values(name, c.key))))
			}
		}
		t = append(t, row)
	}
	return t
}

func verdictTable(list []verdict) table {
	t := table{{"work", "target", "measured", ""}}
	for _, v := range list {
		t = append(t, []string{v.work, v.text, fmt.Sprintf(v.format, v.measured), v.String()})
	}
	return t
}

func number(format string, v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	return fmt.Sprintf(format, v)
}

// text aligns the columns with spaces, numbers to the right.
func (t table) text() string {
	widths := t.widths()
	var b strings.Builder
	for _, row := range t {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if i == 0 {
				line.WriteString(cell + pad)
			} else {
				line.WriteString("  " + pad + cell)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// markdown is the same as a table of a document.
func (t table) markdown() string {
	var b strings.Builder
	for i, row := range t {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|---|" + strings.Repeat("---:|", len(row)-1) + "\n")
		}
	}
	return b.String()
}

func (t table) widths() []int {
	var list []int
	for _, row := range t {
		for i, cell := range row {
			if i == len(list) {
				list = append(list, 0)
			}
			list[i] = max(list[i], len([]rune(cell)))
		}
	}
	return list
}

// writeOutcome writes a work's table, for a terminal or for a document.
func writeOutcome(w io.Writer, o outcome, markdown bool) {
	t := outcomeTable(o)
	if markdown {
		fmt.Fprintf(w, "### %s\n\n%s\n", o.title, t.markdown())
	} else {
		fmt.Fprintf(w, "\n%s (%s)\n%s", o.title, o.name, t.text())
	}
	for _, note := range o.notes {
		fmt.Fprintln(w, note)
	}
	fmt.Fprintln(w)
}

// document is the section of docs/benchmarks.md that a run rewrites.
func document(m machine, b *bench, outcomes []outcome, verdicts []verdict) string {
	var d strings.Builder
	fmt.Fprintf(&d, "%s\n%s\n### Targets\n\n%s\n", m.markdown(), b.settings(), verdictTable(verdicts).markdown())
	for _, o := range outcomes {
		writeOutcome(&d, o, true)
	}
	return d.String()
}

// settings says how the run was done.
func (b *bench) settings() string {
	where := "All programs shared all cores."
	if b.cpus != "" {
		where = "The proxies ran on CPUs " + b.cpus + ", load and origin on the others."
	}
	return fmt.Sprintf("%d rounds, %v for each measurement. %s\n", b.rounds, b.duration, where)
}

const (
	sectionBegin = "<!-- last run: begin -->\n"
	sectionEnd   = "<!-- last run: end -->\n"
)

// replaceSection puts section between the marks of a document.
func replaceSection(doc, section string) (string, error) {
	before, rest, found := strings.Cut(doc, sectionBegin)
	_, after, found2 := strings.Cut(rest, sectionEnd)
	if !found || !found2 {
		return "", fmt.Errorf("the document lacks the lines %q and %q", sectionBegin, sectionEnd)
	}
	return before + sectionBegin + "\n" + strings.TrimSpace(section) + "\n\n" + sectionEnd + after, nil
}
