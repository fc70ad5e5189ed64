package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// Why no rule can answer with what came.
var (
	ErrAnswerUnfinished = errors.New("the response has not ended, or broke off")
	ErrAnswerCut        = errors.New("not all of the body was kept")
	ErrAnswerPart       = errors.New("the response is a part of a file, or says that it has not changed")
	ErrAnswerCoding     = errors.New("the body cannot be decoded")
)

// answersFolder is where bodies lie that rules answer with, in the folder of the rules.
const answersFolder = "answers"

// maxAnswerNames bounds how many files of a name there may be.
const maxAnswerNames = 1000

// Answer puts the body of a response, decoded, into a new file in the folder of the rules, and
// makes the lines of a rule that answers with it as the origin did. name is what the file is to
// be called; no file is written over. say has the words of remarks. file is what the rule calls it, "" where there is
// no body.
func (r *Rules) Answer(x *flow.Exchange, name string, say func(flow.Reason) string) (block []byte, file string, err error) {
	if err := answerable(x); err != nil {
		return nil, "", err
	}
	_, head := content.Fields(x.ResponseHead)
	body, err := content.Decode(content.Value(head, "Content-Encoding"), x.ResponseBody.Bytes)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrAnswerCoding, err)
	}
	if len(body.Body) > 0 {
		if file, err = r.NewAnswer(name, body.Body); err != nil {
			return nil, "", err
		}
	}
	fields := make([]rules.Field, len(head))
	for i, f := range head {
		fields[i] = rules.Field{Name: f.Name, Value: f.Value}
	}
	kept, left := rules.AnswerFields(fields)
	answer := &rules.Answer{Status: x.Status, File: file, Type: strings.ToValidUTF8(x.ContentType, ""), Fields: kept}
	var remarks []string
	if len(left) > 0 {
		remarks = append(remarks, say(reason.ImportLeft.With(strings.Join(left, ", "))))
	}
	rule := rules.Rule{Name: RuleName(x), When: rules.Condition(&x.Row), Answer: answer}
	block, err = rules.Block(rule, remarks...)
	return block, file, err
}

// RuleName is what a rule is called that is made of an exchange.
func RuleName(x *flow.Exchange) string {
	where, _, _ := strings.Cut(x.Path, "?")
	return strings.ToValidUTF8(path.Base("/"+where), "_")
}

// answerable says why a response cannot be given again, nil where it can.
func answerable(x *flow.Exchange) error {
	switch body := &x.ResponseBody; {
	case x.Phase != flow.PhaseDone || x.Status < 200:
		return ErrAnswerUnfinished
	case x.Status == 206 || x.Status == 304:
		return ErrAnswerPart
	case body.State != flow.BodyWhole && body.State != flow.BodyNone:
		return ErrAnswerCut
	}
	return nil
}

// Answers is where the bodies of answers lie that rules have: the folder of the rules.
type Answers string

// Answers are those of the rules.
func (r *Rules) Answers() (Answers, error) {
	if r.path == "" {
		return "", errNoRulesFile
	}
	return Answers(filepath.Dir(r.path)), nil
}

// NewAnswer puts a body into a file that is not there yet, for a rule to answer with; it says
// what the rule calls it.
func (r *Rules) NewAnswer(name string, body []byte) (string, error) {
	to, err := r.Answers()
	if err != nil {
		return "", err
	}
	return to.New(name, body)
}

// New puts a body into a file that is not there yet; it says what a rule calls it.
func (a Answers) New(name string, body []byte) (string, error) {
	if len(body) > rules.MaxAnswerFile {
		return "", ErrAnswerCut
	}
	file, err := a.fresh(name, func(root *os.Root, file string) error {
		f, err := root.OpenFile(filepath.FromSlash(file), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			_ = f.Close() // the name is taken
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return file, a.write(file, body)
}

// NewFolder makes a folder that is not there yet; it says what a rule calls it.
func (a Answers) NewFolder(name string) (string, error) {
	return a.fresh(name, func(root *os.Root, folder string) error { return root.Mkdir(filepath.FromSlash(folder), 0o700) })
}

// Put puts a body into a file of a folder that NewFolder has made, and makes the folders between.
func (a Answers) Put(folder, name string, body []byte) error {
	if len(body) > rules.MaxAnswerFile {
		return ErrAnswerCut
	}
	root, err := os.OpenRoot(string(a))
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	file := path.Join(folder, name)
	if err := root.MkdirAll(filepath.FromSlash(path.Dir(file)), 0o700); err != nil {
		return err
	}
	f, err := root.OpenFile(filepath.FromSlash(file), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_ = f.Close() // the name is taken
	return a.write(file, body)
}

// Remove removes a file that New, or a folder that NewFolder has made, with all that is in it.
func (a Answers) Remove(name string) error {
	root, err := os.OpenRoot(string(a))
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if path.Dir(name) != answersFolder {
		return fs.ErrInvalid
	}
	return root.RemoveAll(filepath.FromSlash(name))
}

// fresh makes what has a name that is not there yet: no link leads out of the folder of the rules.
func (a Answers) fresh(name string, make func(root *os.Root, file string) error) (string, error) {
	if err := os.MkdirAll(filepath.Join(string(a), answersFolder), 0o700); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(string(a))
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	ending := path.Ext(name)
	for n := 1; n <= maxAnswerNames; n++ {
		one := name
		if n > 1 {
			one = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ending), n, ending)
		}
		file := path.Join(answersFolder, one)
		switch err := make(root, file); {
		case errors.Is(err, fs.ErrExist):
		case err != nil:
			return "", err
		default:
			return file, nil
		}
	}
	return "", fs.ErrExist
}

// write fills a file whose name is taken; it is no more where that fails.
func (a Answers) write(file string, body []byte) error {
	name := filepath.Join(string(a), filepath.FromSlash(file))
	err := atomicfile.Write(name, body)
	if err != nil {
		_ = os.Remove(name)
	}
	return err
}
