package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"

	"posthouse/app"
	"posthouse/proxy/bounded"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
	"posthouse/proxy/rules/imports"
)

const rulesUsage = `Usage: posthoused rules check [-strict] FILE
       posthoused rules import [-files FOLDER] [-copy] [-values FILE] FILE

check says whether a file of rules can be used, and if not, in which line and why. Of the
rules that are on it looks for the files and folders that they name, and warns of each that
cannot be used; with -strict that is a mistake too.

import writes rules of another program as Posthouse's to standard output: Charles' XML,
Proxyman's JSON, whistle's lines, or a folder of Chrome's overrides; also rules that
Posthouse saved, as they can stand behind others. What has no action
here is off, with a remark; what cannot be understood is told on standard error. Put the
lines behind those of your rules.toml; -files names its folder, where bodies are put that
rules answer with. -copy copies files there too that rules name elsewhere on this computer:
an imported file can name any, so look at it before. -values is what whistle exports of
its values.

`

// runRules checks rules, or takes over those of another program.
func runRules(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		_, _ = fmt.Fprint(stderr, rulesUsage)
		return exitUsage
	}
	f := flag.NewFlagSet("posthoused rules", flag.ContinueOnError)
	files := f.String("files", "", "folder of the rules.toml that the lines are for")
	var of imported
	f.BoolVar(&of.copies, "copy", false, "copy the files that rules name elsewhere on this computer")
	strict := f.Bool("strict", false, "have a file that a rule names and that cannot be used be a mistake")
	f.StringVar(&of.values, "values", "", "file with whistle's values")
	do := map[string]func(string) error{
		"check": func(file string) error { return checkRules(file, *strict, stdout, stderr) },
		"import": func(file string) error {
			of.folder = *files
			return of.write(file, stdout, stderr)
		},
	}[args[0]]
	behind := args[1:]
	if do == nil {
		behind = args // maybe -h
	}
	names, err := parseFiles(f, behind, rulesUsage, stderr)
	if err == nil && (do == nil || len(names) != 1) {
		err = errors.New("write check or import, and a file")
	}
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "posthoused rules: %v\nRun posthoused rules -h for what there is.\n", err)
		return exitUsage
	}
	if err := do(names[0]); err != nil {
		_, _ = fmt.Fprintln(stderr, "posthoused rules:", harmless(err.Error()))
		return exitError
	}
	return exitOK
}

// readRules reads a file of rules; where it can be read and not be used, the error is a *rules.FileError.
func readRules(file string) (set *rules.Set, text []byte, err error) {
	if text, err = bounded.ReadFile(file, rules.MaxFile); err != nil {
		return nil, nil, err
	}
	set, err = rules.Load(file, text, filepath.Dir(file))
	return set, text, err
}

// checkRules says what is wrong with a file, or how many rules it has.
func checkRules(file string, strict bool, stdout, stderr io.Writer) error {
	set, text, err := readRules(file)
	if err != nil {
		return err
	}
	wrong := set.CheckFiles(text)
	for _, p := range wrong {
		problem := rules.FileError{Path: file, Line: p.Line, Why: p.Why}
		_, _ = fmt.Fprintln(stderr, "warning:", harmless(problem.Error()))
	}
	if len(wrong) > 0 && strict {
		return errors.New(flow.Counted(len(wrong), "file or folder that a rule names", "files and folders that rules name") +
			" cannot be used")
	}
	on := 0
	for _, c := range set.Rules {
		if !c.Off {
			on++
		}
	}
	_, err = fmt.Fprintf(stdout, "%s, %d of them on\n", flow.Counted(len(set.Rules), "rule", "rules"), on)
	return err
}

// imported is how rules of another program are taken over.
type imported struct {
	folder string // of the rules; "" for none
	copies bool   // files that lie elsewhere are copied there
	values string // the file of whistle's values; "" for none
}

var errNoFolder = errors.New("its rules answer with files: name the folder of your rules.toml with -files")

// read reads the rules of a file.
func (of *imported) read(file string) (*imports.Result, error) {
	var values map[string]string
	if of.values != "" {
		text, err := bounded.ReadFile(of.values, rules.MaxFile)
		if err == nil {
			values, err = imports.Values(text)
		}
		if err != nil {
			return nil, err
		}
	}
	r, err := imports.Read(file, values)
	if err == nil && of.copies {
		r = r.Bring()
	}
	return r, err
}

// write writes what can be taken of a file.
func (of *imported) write(file string, stdout, stderr io.Writer) (err error) {
	r, err := of.read(file)
	if err != nil {
		return err
	}
	text, err := r.Text(reason.English)
	if err != nil {
		return err
	}
	out := string(text)
	if len(r.Files) > 0 {
		if of.folder == "" {
			return errNoFolder
		}
		var copied *imports.Copied
		if out, copied, err = r.Put(out, app.Answers(of.folder)); err != nil {
			return err
		}
		defer func() {
			if err != nil { // nobody has the rules
				err = errors.Join(err, copied.Remove())
			}
		}()
	}
	for _, l := range r.Lost {
		where := ""
		if l.Line > 0 {
			where = fmt.Sprintf("line %d: ", l.Line)
		}
		_, _ = fmt.Fprintf(stderr, "%s%s: %s\n", where, harmless(l.What), harmless(reason.English(l.Why)))
	}
	on, off, lost := r.Counts()
	_, _ = fmt.Fprintf(stderr, "rules of %s: %d on, %d off, %d not understood\n", r.Format, on, off, lost)
	_, err = io.WriteString(stdout, out)
	return err
}
