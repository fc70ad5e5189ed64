package imports

import (
	"errors"
	"path"
	"strings"
)

// Store is where the bodies are put that rules answer with. It says what a rule calls what it made.
type Store interface {
	New(name string, body []byte) (string, error)
	NewFolder(name string) (string, error)
	Put(folder, name string, body []byte) error
	// Remove removes what New or NewFolder has made, a folder with all that is in it.
	Remove(name string) error
}

// Copied is what was put into a store.
type Copied struct {
	store Store
	names []string
}

// Remove removes it again, for rules that are not taken over after all.
func (c *Copied) Remove() error {
	var all []error
	for _, name := range c.names {
		all = append(all, c.store.Remove(name))
	}
	c.names = nil
	return errors.Join(all...)
}

// Put puts the bodies into a store that the text of the rules names, and returns that with the names
// that they got. Where one cannot be put, none stays there.
func (r *Result) Put(text string, to Store) (string, *Copied, error) {
	p := &putting{text: text, copied: Copied{store: to}, folders: map[string]string{}}
	for i := range r.Files {
		if err := p.put(&r.Files[i]); err != nil {
			return "", nil, errors.Join(err, p.copied.Remove())
		}
	}
	return strings.NewReplacer(p.renamed...).Replace(text), &p.copied, nil // all at once: one may get the name that another had
}

// putting is a text whose bodies are put into a store.
type putting struct {
	text    string
	copied  Copied
	folders map[string]string
	renamed []string // names in their quotes: as they were, and as they are
}

func (p *putting) put(f *File) error {
	if f.Folder == "" {
		if !p.uses(f.Name) {
			return nil
		}
		name, err := p.copied.store.New(path.Base(f.Name), f.Body)
		if err == nil {
			p.made(f.Name, name)
		}
		return err
	}
	folder, made := p.folders[f.Folder]
	if !made {
		if !p.uses(f.Folder) {
			return nil
		}
		var err error
		if folder, err = p.copied.store.NewFolder(path.Base(f.Folder)); err != nil {
			return err
		}
		p.folders[f.Folder] = folder
		p.made(f.Folder, folder)
	}
	return p.copied.store.Put(folder, strings.TrimPrefix(f.Name, f.Folder+"/"), f.Body)
}

// quotes are those that a name may have in the text: a person may have changed it.
var quotes = [...]string{"'", `"`}

// uses reports whether a rule of the text names a body.
func (p *putting) uses(name string) bool {
	for _, q := range quotes {
		if strings.Contains(p.text, q+name+q) {
			return true
		}
	}
	return false
}

// made notes that something has got its name.
func (p *putting) made(was, is string) {
	p.copied.names = append(p.copied.names, is)
	for _, q := range quotes {
		p.renamed = append(p.renamed, q+was+q, q+is+q)
	}
}
