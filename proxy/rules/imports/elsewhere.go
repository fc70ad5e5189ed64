package imports

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"posthouse/proxy/bounded"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// elsewhere is a file that a rule answers with, and that lies elsewhere on this computer.
type elsewhere struct {
	path    string // as the other program has it
	under   string // the path that stands for it where it is a folder; "" where it cannot be one
	message bool   // it is a whole response
	on      bool   // the rule was on
}

// outside has a rule answer with a file elsewhere: it is off until that lies in the folder of the
// rules. Nothing is read now.
func (r *Result) outside(one *Taken, file, under string, message bool) {
	to := answersFolder + fileName(file)
	one.Why = append(one.Why, reason.ImportFile.With(clean(file), to))
	one.elsewhere = &elsewhere{file, under, message, !one.Off}
	if one.Answer, one.Off = (&rules.Answer{File: to}), true; message {
		one.Answer = &rules.Answer{Message: to}
	}
}

// answersFolder is where bodies lie, in the folder of the rules.
const answersFolder = "answers/"

// fileName is the name of a file that lies in a folder of any system.
func fileName(file string) string {
	name := path.Base(strings.ReplaceAll(file, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || r == 0xfffd ||
			strings.ContainsRune(`<>:"/\|?*%'`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(clean(name), ". …~-")
	if stem, _, _ := strings.Cut(name, "."); name == "" || deviceNames[strings.ToLower(stem)] {
		return "body" + name
	}
	return name
}

// deviceNames are no files on Windows, whatever their ending.
var deviceNames = map[string]bool{"con": true, "prn": true, "aux": true, "nul": true, "com1": true, "com2": true, "com3": true,
	"com4": true,
	"com5": true, "com6": true, "com7": true, "com8": true, "com9": true, "lpt1": true, "lpt2": true, "lpt3": true, "lpt4": true,
	"lpt5": true,
	"lpt6": true, "lpt7": true, "lpt8": true, "lpt9": true}

// Elsewhere is how many rules wait for files that lie elsewhere on this computer, and the paths of
// the first few of these.
func (r *Result) Elsewhere() (n int, paths []string) {
	for i := range r.Rules {
		if e := r.Rules[i].elsewhere; e != nil {
			if n++; len(paths) < maxElsewhereShown {
				paths = append(paths, shownPath(e.path))
			}
		}
	}
	return n, paths
}

const maxElsewhereShown = 5

// shownPath is a path as a person is asked about it: it says where it leads, and of a long one the
// end too.
func shownPath(name string) string {
	path, err := homePath(name)
	if _, home := strings.CutPrefix(name, "~/"); err == nil && (!home || strings.Contains(name, "..")) {
		name = path
	}
	if len(name) > maxName {
		name = name[:maxName/4] + "…" + name[len(name)-maxName/2:]
	}
	return clean(name)
}

// Bring reads the files that rules answer with and that lie elsewhere, so that they can be copied
// into the folder of the rules, and has those rules be on that were. Where a file cannot be read its
// rule stays off and says why. It waits for the disk. A person is to be asked first: an imported file
// may name any.
func (r *Result) Bring() *Result {
	out := *r
	out.Rules, out.Files, out.names = slices.Clone(r.Rules), slices.Clone(r.Files), maps.Clone(r.names)
	b := &bringer{r: &out}
	for i := range out.Rules {
		if one := &out.Rules[i]; one.elsewhere != nil {
			b.rule(one)
		}
	}
	return &out
}

// bringer reads files, within bounds.
type bringer struct {
	r     *Result
	files int
	size  int64
}

func (b *bringer) rule(one *Taken) {
	e := one.elsewhere
	from, err := homePath(e.path)
	var info fs.FileInfo
	if err == nil {
		info, err = os.Stat(from)
	}
	answer, missing, files := *one.Answer, one.Answer.Missing, len(b.r.Files)
	switch {
	case err != nil:
	case !info.IsDir():
		answer, err = b.file(from, e)
	case e.under == "":
		err = bounded.ErrNotRegular
	default:
		answer, err = b.folder(from, e.under)
	}
	one.elsewhere, answer.Missing = nil, missing
	if err == nil {
		made := one.Rule
		made.Answer = &answer
		_, err = rules.Compile([]rules.Rule{made}, "")
	}
	if err != nil {
		b.r.Files = b.r.Files[:files]
		one.Why = append([]flow.Reason{reason.ImportUnread.With(clean(e.path), reason.OfNamed(err))}, one.Why...)
		return
	}
	one.Answer, one.Off = &answer, !e.on
	one.Why = without(one.Why, reason.ImportFile)
}

// without is a list of reasons without those of one kind.
func without(all []flow.Reason, code flow.ReasonCode) (out []flow.Reason) {
	for _, why := range all {
		if why.Code != code {
			out = append(out, why)
		}
	}
	return out
}

var errNotAbsolute = errors.New("it is no absolute path of this system")

// homePath is a path of this system, and not of another computer: only to look there would tell it
// who asks.
func homePath(name string) (string, error) {
	plain := strings.ReplaceAll(name, `\`, "/") // which are the same to Windows
	if strings.HasPrefix(plain, "//") || strings.HasPrefix(plain, "/??/") {
		return "", errNotAbsolute
	}
	if rest, home := strings.CutPrefix(name, "~/"); home {
		dir, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		return filepath.Join(dir, filepath.FromSlash(rest)), nil
	}
	if name = filepath.FromSlash(name); !filepath.IsAbs(name) {
		return "", errNotAbsolute
	}
	return filepath.Clean(name), nil
}

// file reads one file.
func (b *bringer) file(from string, e *elsewhere) (a rules.Answer, err error) {
	body, err := b.read(func(limit int64) ([]byte, error) { return bounded.ReadFile(from, limit) })
	if err != nil {
		return a, err
	}
	name := b.r.file(fileName(from), body)
	if e.message {
		return rules.Answer{Message: name}, nil
	}
	return rules.Answer{File: name}, nil
}

// read reads a file within what is left of the bounds.
func (b *bringer) read(from func(limit int64) ([]byte, error)) ([]byte, error) {
	if b.files++; b.files > maxFiles {
		return nil, &reasonError{reason.ImportLarge.With()}
	}
	body, err := from(min(rules.MaxAnswerFile, maxFolder-b.size))
	b.size += int64(len(body))
	return body, err
}

// readIn reads a file of a folder.
func readIn(root *os.Root, name string, limit int64) ([]byte, error) {
	f, err := bounded.OpenIn(root, filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	return bounded.Read(f, limit)
}

// folder reads the files of a folder, and of those below it. No link leads out of it; what is no
// file is left out.
func (b *bringer) folder(from, under string) (a rules.Answer, err error) {
	root, err := os.OpenRoot(from)
	if err != nil {
		return a, err
	}
	defer func() { _ = root.Close() }()
	to := b.r.freeName(fileName(from))
	var files []File
	folders := 0
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.Type().IsRegular() {
			if folders++; folders > maxFolders {
				err = &reasonError{reason.ImportLarge.With()}
			}
			return err
		}
		if err != nil {
			return err
		}
		body, err := b.read(func(limit int64) ([]byte, error) { return readIn(root, name, limit) })
		if err == nil {
			files = append(files, File{Name: to + "/" + name, Folder: to, Body: body})
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = fs.ErrNotExist
	}
	if err != nil {
		return a, err
	}
	b.r.Files = append(b.r.Files, files...)
	return rules.Answer{Folder: to, Under: under}, nil
}
