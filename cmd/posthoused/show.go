package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"posthouse/proxy/archive"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

const showUsage = `Usage: posthoused show [flags] FILE

Writes what is in a file that keeps exchanges (see posthoused convert -h) to standard
output. - is standard input. Formats:

  lines   a line for each: number, time, status, method, URL, type, size, duration
  ndjson  a line of JSON for each, as -events writes it (docs/events.md)
  har     HAR, as convert writes it
  curl    a command for sh for each

What is not printable is escaped, so that a terminal cannot be misled.

`

// showCommand is what is said behind "posthoused show".
type showCommand struct {
	*selection
	file   string
	format string
}

func runShow(args []string, stdout, stderr io.Writer) int {
	c, err := parseShow(args, stderr)
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "posthoused show: %v\nRun posthoused show -h for what there is.\n", err)
		return exitUsage
	}
	if err := c.run(stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, "posthoused show:", harmless(err.Error()))
		return exitError
	}
	return exitOK
}

func parseShow(args []string, stderr io.Writer) (*showCommand, error) {
	c := &showCommand{selection: newSelection()}
	f := flag.NewFlagSet("posthoused show", flag.ContinueOnError)
	c.flags(f)
	f.StringVar(&c.format, "format", "lines", "`lines|ndjson|har|curl`")
	names, err := parseFiles(f, args, showUsage, stderr)
	switch {
	case err != nil:
		return nil, err
	case len(names) != 1:
		return nil, errors.New("say which file to show")
	case c.format != "lines" && c.format != "ndjson" && c.format != "har" && c.format != "curl":
		return nil, fmt.Errorf("-format %q: write lines, ndjson, har or curl", c.format)
	}
	c.file = names[0]
	return c, c.prepare(c.format == "har" || c.format == "curl")
}

func (c *showCommand) run(stdout, stderr io.Writer) error {
	in, err := openInput(c.file, c.from, c.limits())
	if err != nil {
		return err
	}
	defer in.close()
	out := bufio.NewWriterSize(stdout, 64<<10)
	if c.format == "har" {
		plain := &plainJSON{w: out}
		w, err := archive.Create(archive.HAR, plain)
		if err != nil {
			return err
		}
		err = c.each(in, w.Write)
		return errors.Join(err, w.Close(), plain.Flush(), out.Flush(), c.said(stderr))
	}
	var line []byte
	err = c.each(in, func(x *flow.Exchange) error {
		switch c.format {
		case "ndjson":
			line = appendEvent(line[:0], &x.Row)
		case "curl":
			line = appendCurl(line[:0], x)
		default:
			line = appendLine(line[:0], &x.Row)
		}
		_, err := out.Write(line)
		return err
	})
	return errors.Join(err, out.Flush(), c.said(stderr))
}

// said writes the summary where secrets were masked or bodies cut; else the lines say it all.
func (c *showCommand) said(stderr io.Writer) error {
	if c.masker != nil || c.cut > 0 {
		c.summary(stderr)
	}
	return nil
}

// appendLine appends an exchange as a line for people.
func appendLine(b []byte, r *flow.Row) []byte {
	b = fmt.Appendf(b, "%6d  %s  ", r.ID, startText(r.Start))
	status := strconv.Itoa(r.Status)
	if r.Status == 0 {
		status = "---"
	}
	b = fmt.Appendf(b, "%s  %-7s %s", status, harmless(r.Method), harmless(r.URL()))
	if r.ContentType != "" {
		b = append(append(b, "  "...), harmless(r.ContentType)...)
	}
	b = fmt.Appendf(b, "  %d B", r.ResponseSize)
	if d := max(r.Timing.End, r.Duration); d > 0 {
		b = fmt.Appendf(b, "  %v", d.Round(time.Millisecond))
	}
	if r.Failure != flow.FailureNone {
		b = fmt.Appendf(b, "  %v", r.Failure)
	}
	if words := reason.English(r.Reason); words != "" {
		b = append(append(b, ": "...), harmless(words)...)
	}
	if r.Note != "" {
		b = append(append(b, "  # "...), harmless(r.Note)...)
	}
	return append(b, '\n')
}

func startText(t time.Time) string {
	if t.IsZero() {
		return "-                      "
	}
	return t.Local().Format("2006-01-02 15:04:05.000")
}

// appendCurl appends the command for sh, with what differs as comments before it.
func appendCurl(b []byte, x *flow.Exchange) []byte {
	c := export.Curl(x, export.Sh)
	if c.Text == "" {
		return fmt.Appendf(b, "# %d: %s %s: there is no command for it\n\n", x.ID, harmless(x.Method), harmless(x.URL()))
	}
	if len(c.Notes) > 0 {
		b = fmt.Appendf(b, "# %d: not everything is in this command\n", x.ID)
	}
	return append(append(b, c.Text...), "\n\n"...)
}

// harmless is text on one line in which a terminal finds nothing to act on: what is not
// printable, and marks of order, are escaped.
func harmless(text string) string {
	if printableASCII(text) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
		i += n
	}
	return b.String()
}

func printableASCII(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
