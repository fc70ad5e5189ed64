package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"posthouse/app/sessions"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/compare"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/proxy/redact"
)

const compareUsage = `Usage: posthoused compare [flags] A B

Compares two files that keep exchanges (see posthoused convert -h): requests are paired by
method, host and path, where /users/17 and /users/18 are alike, in their order. Written are
those that are new in B, gone, changed or slower, and those of which it is not known
(docs/compare.md). Formats: lines, ndjson, csv, markdown.

The exit code is 0 where nothing differs, 1 where something does or could not be compared,
and 2 where something went wrong. What is only slower is no difference.

`

// Exit codes of compare, as diff has them.
const (
	exitDiffers = 1
	exitTrouble = 2
)

// compareCommand is what is said behind "posthoused compare".
type compareCommand struct {
	files   [2]string
	filter  string
	filters [2]string
	ignore  []string
	anyHost bool
	same    bool
	secrets string
	format  string
}

var compareForms = map[string]export.ListForm{"lines": export.ListLines, "ndjson": export.ListNDJSON, "csv": export.ListCSV,
	"markdown": export.ListMarkdown}

func runCompare(args []string, stdout, stderr io.Writer) int {
	c, err := parseCompare(args, stderr)
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "posthoused compare: %v\nRun posthoused compare -h for what there is.\n", err)
		return exitTrouble
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	differs, err := c.run(ctx, stdout, stderr)
	switch {
	case err != nil:
		_, _ = fmt.Fprintln(stderr, "posthoused compare:", harmless(err.Error()))
		return exitTrouble
	case differs:
		return exitDiffers
	}
	return exitOK
}

func parseCompare(args []string, stderr io.Writer) (*compareCommand, error) {
	c := &compareCommand{}
	f := flag.NewFlagSet("posthoused compare", flag.ContinueOnError)
	f.StringVar(&c.filter, "filter", "", "compare only what matches `QUERY`, as in the window's filter (docs/filter.md)")
	f.StringVar(&c.filters[0], "filter-a", "", "the same for A alone")
	f.StringVar(&c.filters[1], "filter-b", "", "the same for B alone")
	f.BoolVar(&c.anyHost, "any-host", false, "pair requests to different hosts too")
	f.BoolVar(&c.same, "same", false, "write what is the same too")
	f.StringVar(&c.secrets, "secrets", secretsKeep, "`keep|mask` cookies, credentials, tokens and the like in what is written")
	f.StringVar(&c.format, "format", "lines", "`lines|ndjson|csv|markdown`")
	f.Func("ignore", "pass over a `NAME`: a header field, a parameter, or a path in JSON such as $.items[*].at; may be said more than once",
		func(name string) error {
			c.ignore = append(c.ignore, name)
			return nil
		})
	names, err := parseFiles(f, args, compareUsage, stderr)
	switch {
	case err != nil:
		return nil, err
	case len(names) != 2:
		return nil, errors.New("say which two files to compare")
	case c.secrets != secretsKeep && c.secrets != secretsMask:
		return nil, errors.New("-secrets: write keep or mask")
	}
	if _, ok := compareForms[c.format]; !ok {
		return nil, fmt.Errorf("-format %q: write lines, ndjson, csv or markdown", c.format)
	}
	c.files = [2]string(names)
	return c, nil
}

// run compares, and reports whether anything differs or could not be compared.
func (c *compareCommand) run(ctx context.Context, stdout, stderr io.Writer) (differs bool, err error) {
	dir, err := os.MkdirTemp("", "posthoused-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var sides [2]*compare.List
	out := &export.Comparison{}
	masked, text := c.masks()
	out.Shown = text
	for i, path := range c.files {
		opened, err := sessions.Open(ctx, dir, path, nil)
		if named := (*fs.PathError)(nil); errors.As(err, &named) {
			return false, err
		} else if err != nil {
			return false, fmt.Errorf("%s: %w", path, err)
		}
		defer func() { _ = opened.Close() }() // nothing is written
		if opened.Problem != nil {
			_, _ = fmt.Fprintf(stderr, "%s: %s\n", harmless(path), harmless(opened.Problem.Error()))
		}
		q, err := c.query(i)
		if err != nil {
			return false, err
		}
		out.Names[i] = filepath.Base(path)
		sides[i] = &compare.List{Each: opened.Exchanges.EachUntil, Get: opened.Exchanges.Get, Filter: q, Shown: masked}
	}
	o := compare.ListOptions{AnyHost: c.anyHost, Options: compare.Options{Fields: compare.DefaultFields}}
	for _, name := range c.ignore {
		o.Fields, o.Paths = append(o.Fields[:len(o.Fields):len(o.Fields)], name), append(o.Paths, name)
	}
	if out.Result, err = compare.Lists(ctx, sides[0], sides[1], o); err != nil {
		return false, err
	}
	for i := range out.Result.Pairs {
		if p := &out.Result.Pairs[i]; c.same || p.Kind != compare.PairSame || p.Slower {
			out.Pairs = append(out.Pairs, int32(i))
		}
	}
	if err := out.Write(stdout, compareForms[c.format], func(float64) error { return ctx.Err() }); err != nil {
		return false, err
	}
	n := &out.Result.Counts
	saidOfLists(stderr, n)
	return n.Kinds[compare.PairSame] != len(out.Result.Pairs) || n.Over != [2]int{} || n.Filtered != [2]int{}, nil
}

// query is the filter of a side.
func (c *compareCommand) query(side int) (*query.Query, error) {
	both, own := strings.TrimSpace(c.filter), strings.TrimSpace(c.filters[side])
	q, err := query.Parse(both)
	if err != nil {
		return nil, fmt.Errorf("-filter: %w", err)
	}
	if own == "" {
		return q, nil
	}
	if q, err = query.Parse(own); err == nil && both != "" {
		q, err = query.Parse("(" + both + ") (" + own + ")")
	}
	if err != nil {
		return nil, fmt.Errorf("-filter-%c: %w", 'a'+side, err)
	}
	return q, nil
}

// masks hide secrets of rows and of texts, where that is wanted.
func (c *compareCommand) masks() (row func(*flow.Row) flow.Row, text func(string) string) {
	if c.secrets != secretsMask {
		return nil, nil
	}
	m := redact.New(redact.Options{})
	return m.Row, m.Text
}

// saidOfLists is the summary, on standard error.
func saidOfLists(w io.Writer, n *compare.ListCounts) {
	_, _ = fmt.Fprintf(w, "%d new, %d gone, %d changed, %d slower, %d not known, %d same\n", n.Kinds[compare.PairNew],
		n.Kinds[compare.PairGone], n.Kinds[compare.PairChanged], n.Slower, n.Kinds[compare.PairUnseen], n.Kinds[compare.PairSame])
	for _, left := range [...]struct {
		n   [2]int
		why string
	}{{n.Running, "they have not ended"}, {n.Over, fmt.Sprintf("they are older than the newest %d", compare.MaxRows)},
		{n.Filtered, "the file does not have all that the filter asks for"}} {
		if left.n != [2]int{} {
			_, _ = fmt.Fprintf(w, "left out because %s: %s of A and %d of B\n", left.why,
				flow.Counted(left.n[0], "exchange", "exchanges"), left.n[1])
		}
	}
}
