package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
)

const convertUsage = `Usage: posthoused convert [flags] IN OUT

Reads what keeps exchanges and writes it in another format. IN and OUT are files, or -
for standard input and output. The format of IN is told by what is in it, else by its
name; that of OUT by its name, else by -to. Read are HAR, Posthouse's sessions
(.posthouse), Fiddler's SAZ, mitmproxy's flows, Charles' .chlsj, HTTP messages as text,
and commands for curl and Invoke-WebRequest. Written are HAR and .posthouse.

OUT is there whole or not at all. A file that breaks off is read up to there; what is
wrong with it is said, OUT has what came before, and the exit code is 1. With -f a file
that is there stays as it is then.

`

// convertCommand is what is said behind "posthoused convert".
type convertCommand struct {
	*selection
	in, out string
	to      archive.Format
	force   bool
}

func runConvert(args []string, stdout, stderr io.Writer) int {
	c, err := parseConvert(args, stderr)
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "posthoused convert: %v\nRun posthoused convert -h for what there is.\n", err)
		return exitUsage
	}
	if err := c.run(stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, "posthoused convert:", harmless(err.Error()))
		return exitError
	}
	return exitOK
}

func parseConvert(args []string, stderr io.Writer) (*convertCommand, error) {
	c := &convertCommand{selection: newSelection()}
	f := flag.NewFlagSet("posthoused convert", flag.ContinueOnError)
	c.flags(f)
	f.Func("to", "`FORMAT` of OUT: har or posthouse (default: by its name; har for -)", formatFlag(&c.to))
	f.BoolVar(&c.force, "f", false, "replace OUT if it is there")
	names, err := parseFiles(f, args, convertUsage, stderr)
	switch {
	case err != nil:
		return nil, err
	case len(names) != 2:
		return nil, errors.New("say which file to read and which to write")
	}
	c.in, c.out = names[0], names[1]
	if c.to, err = writable(c.out, c.to); err != nil {
		return nil, err
	}
	return c, c.prepare(c.to == archive.HAR)
}

// left says what becomes of OUT where IN breaks off.
func (c *convertCommand) left(out *output) string {
	if out.there {
		return fmt.Sprintf("%s stays as it was: name another file to have the %s before", c.out,
			flow.Counted(c.taken, "exchange that came", "exchanges that came"))
	}
	return "nothing could be read, and nothing was written"
}

// flags are those that convert and show share.
func (s *selection) flags(f *flag.FlagSet) {
	f.StringVar(&s.filter, "filter", "", "take only what matches `QUERY`, as in the window's filter (docs/filter.md)")
	f.StringVar(&s.secrets, "secrets", "",
		"`keep|mask` cookies, credentials, tokens and the like (default: mask in HAR and curl, else keep)")
	f.Func("from", "`FORMAT` of what is read: "+formatNames(archive.Format.Reads)+" (default: told by its contents, else by its name)",
		formatFlag(&s.from))
	f.Func("body-limit", "how much of each body is read, a `SIZE` such as 256MiB (default 256 MiB)", func(text string) error {
		n := &s.bodyLimit
		if err := sizeFlag(&n)(text); err != nil {
			return err
		}
		if s.bodyLimit = *n; *n <= 0 {
			return errors.New("it must be above zero")
		}
		return nil
	})
}

// parseFiles reads flags that stand before, between or behind the names of files.
func parseFiles(f *flag.FlagSet, args []string, usage string, stderr io.Writer) (names []string, err error) {
	f.SetOutput(io.Discard)
	for {
		err := f.Parse(joinSwitches(f, args))
		if errors.Is(err, flag.ErrHelp) {
			_, _ = io.WriteString(stderr, usage)
			f.SetOutput(stderr)
			f.PrintDefaults()
			return nil, errHelp
		}
		if err != nil {
			return nil, err
		}
		if f.NArg() == 0 {
			return names, nil
		}
		names, args = append(names, f.Arg(0)), f.Args()[1:]
	}
}

func (c *convertCommand) run(stdout, stderr io.Writer) error {
	in, err := openInput(c.in, c.from, c.limits())
	if err != nil {
		return err
	}
	defer in.close()
	out, err := createOutput(c.out, c.force, stdout)
	if err != nil {
		return orForce(err)
	}
	plain := &plainJSON{w: out}
	buffer := bufio.NewWriterSize(out, 256<<10)
	if c.out == "-" && c.to == archive.HAR { // perhaps a terminal
		buffer.Reset(plain)
	}
	w, err := archive.Create(c.to, buffer)
	if err != nil {
		out.discard()
		return err
	}
	var numbers archive.Numbers
	readErr := c.each(in, func(x *flow.Exchange) error {
		was := x.ID
		x.ID, x.From = flow.ID(c.taken+1), numbers.Now(x.From)
		if err := w.Write(x); err != nil {
			return writeError{err}
		}
		numbers.Add(was, x.ID)
		return nil
	})
	var failed writeError
	if !errors.As(readErr, &failed) {
		err = errors.Join(w.Close(), buffer.Flush(), plain.Flush())
	}
	if failed.error != nil || err != nil {
		out.discard()
		return errors.Join(failed.error, err)
	}
	if readErr != nil && out.target != "" && (out.there || c.taken == 0) { // nothing good is replaced by less
		out.discard()
		return fmt.Errorf("%w; %s", readErr, c.left(out))
	}
	if err := out.commit(); err != nil {
		return orForce(err)
	}
	c.summary(stderr)
	return readErr
}
