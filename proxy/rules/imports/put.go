package imports

import (
	"path"
	"strings"
)

// Store is where the bodies are put that rules answer with. It says what a rule calls what it made.
type Store interface {
	New(name string, body []byte) (string, error)
	NewFolder(name string) (string, error)
	Put(folder, name string, body []byte) error
}

// Put puts the bodies into a store, and returns the text of the rules with the names that they got.
func (r *Result) Put(text string, to Store) (string, error) {
	folders := map[string]string{}
	var names []string // as they were, and as they are
	named := func(was, is string) { names = append(names, "'"+was+"'", "'"+is+"'") }
	for i := range r.Files {
		f := &r.Files[i]
		if f.Folder == "" {
			name, err := to.New(path.Base(f.Name), f.Body)
			if err != nil {
				return "", err
			}
			named(f.Name, name)
			continue
		}
		folder, made := folders[f.Folder]
		if !made {
			var err error
			if folder, err = to.NewFolder(path.Base(f.Folder)); err != nil {
				return "", err
			}
			folders[f.Folder] = folder
			named(f.Folder, folder)
		}
		if err := to.Put(folder, strings.TrimPrefix(f.Name, f.Folder+"/"), f.Body); err != nil {
			return "", err
		}
	}
	return strings.NewReplacer(names...).Replace(text), nil // all at once: one may get the name that another had
}
