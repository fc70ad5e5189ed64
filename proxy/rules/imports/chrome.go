package imports

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strings"

	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// Bounds of a folder.
const (
	maxFiles   = 1000
	maxFolder  = 256 << 20 // bytes of all files
	maxFolders = 10_000    // below it, links and their like among them
)

// chromeHeaders is an entry of a file .headers.
type chromeHeaders struct {
	ApplyTo string `json:"applyTo"` // a glob, relative to the folder
	Headers []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"headers"`
}

const headersFile = ".headers"

// maxHeaders bounds such a file, in bytes.
const maxHeaders = 1 << 20

// readChrome reads a folder of overrides: a folder for each host, and below it the path of each
// file. No link leads out of it.
func readChrome(folder string) (*Result, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	r := &Result{Format: Chrome}
	size, seen, folders := int64(0), 0, 0
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			r.lose(0, name, reason.OfNamed(err))
			return nil
		}
		if !d.Type().IsRegular() { // a folder, a link, a pipe
			if folders++; folders > maxFolders {
				return &reasonError{reason.ImportLarge.With()}
			}
			return nil
		}
		if seen++; seen > maxFiles {
			return &reasonError{reason.ImportLarge.With()}
		}
		body, err := readIn(root, name, min(rules.MaxAnswerFile, maxFolder-size))
		if err != nil {
			r.lose(0, name, reason.OfNamed(err))
			return nil
		}
		size += int64(len(body))
		if path.Base(name) == headersFile && len(body) <= maxHeaders {
			r.chromeHeaders(name, body)
		} else {
			r.chromeFile(name, body)
		}
		return nil
	})
	if err == nil && len(r.Rules)+len(r.Lost) == 0 {
		err = &reasonError{reason.ImportUnknown.With(string(Chrome))}
	}
	return r, err
}

// chromePlace is the host and the path that a name in the folder stands for.
func chromePlace(name string) (p place, ok bool) {
	host, rest, below := strings.Cut(name, "/")
	if host, err := url.PathUnescape(host); err == nil && below {
		p.host = host
	}
	if host, port, has := strings.Cut(p.host, ":"); has {
		p.host, p.port = host, port
	}
	at, err := url.PathUnescape(rest)
	if p.host == "" || err != nil || strings.HasPrefix(rest, "longurls/") {
		return p, false
	}
	p.path, p.query, _ = strings.Cut("/"+at, "?")
	return p, true
}

// chromeFile is a file that is given in place of what the server has.
func (r *Result) chromeFile(name string, body []byte) {
	p, ok := chromePlace(name)
	if !ok {
		r.lose(0, name, reason.ImportPlace.With())
		return
	}
	p.path, p.query = strings.NewReplacer("*", "?").Replace(p.path), strings.ReplaceAll(p.query, "*", "?")
	when, ok := p.condition()
	if folder, index := strings.CutSuffix(p.path, "/index.html"); ok && index && p.query == "" {
		p.path = folder + "/"
		if other, fits := p.condition(); fits {
			when = either([]string{other, when})
		}
	}
	if !ok || !fs.ValidPath(name) {
		r.lose(0, name, reason.ImportPlace.With())
		return
	}
	host, rest, _ := strings.Cut(name, "/")
	file := r.file(fileName(host)+"-"+fileName(rest), body)
	r.add(0, Taken{Rule: rules.Rule{Name: name, Folder: host, When: when, Answer: &rules.Answer{File: file}}})
}

// chromeHeaders are fields of responses below a folder.
func (r *Result) chromeHeaders(name string, text []byte) {
	var all []chromeHeaders
	if err := json.Unmarshal(text, &all); err != nil {
		r.lose(0, name, reason.OfNamed(err))
		return
	}
	folder := strings.TrimSuffix(name, headersFile)
	for _, one := range all {
		if r.full() {
			return
		}
		var p place
		if folder != "" {
			var ok bool
			if p, ok = chromePlace(folder); !ok {
				r.lose(0, name, reason.ImportPlace.With())
				continue
			}
			p.path += one.ApplyTo
		} else if one.ApplyTo != "*" {
			p.host, p.path, _ = strings.Cut(one.ApplyTo, "/")
		}
		when, ok := p.condition()
		if !ok {
			r.lose(0, name+": "+one.ApplyTo, reason.ImportPlace.With())
			continue
		}
		edit := &rules.Edit{}
		for _, h := range one.Headers {
			edit.Set = append(edit.Set, h.Name+": "+h.Value)
		}
		r.add(0, Taken{Rule: rules.Rule{Name: folder + one.ApplyTo, Folder: fileName(p.host), When: when, Response: edit}})
	}
}
