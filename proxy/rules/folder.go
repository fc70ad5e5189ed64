package rules

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"posthouse/proxy/bounded"
	"posthouse/proxy/flow"
)

// Asked is what of a request an answer depends on.
type Asked struct {
	Method string
	Path   string // with the query
	Fields []Field
}

// reads reports whether a folder can be asked so.
func (a *Asked) reads() bool { return a.Method == "GET" || a.Method == "HEAD" }

// answerFolder answers with the file of a folder that stands where the request's path says.
// What net/http knows of ranges and of what is not newer decides what of it is sent.
func (s *Set) answerFolder(a *Answer, asked *Asked) (Answered, flow.Reason) {
	if !asked.reads() {
		return Answered{Status: 405, Fields: []Field{{Name: "Allow", Value: "GET, HEAD", At: -1}}}, flow.Reason{}
	}
	name, ok := below(a.Under, asked.Path)
	if !ok {
		return missing(asked.Path), flow.Reason{}
	}
	root, why := s.openFolder(a.Folder)
	if !why.IsZero() {
		return Answered{}, why
	}
	defer func() { _ = root.Close() }()
	shown := path.Join(a.Folder, name)
	switch info, err := root.Stat(filepath.FromSlash(name)); {
	case errors.Is(err, fs.ErrNotExist):
		return missing(shown), flow.Reason{}
	case err != nil:
		return Answered{}, fileProblem(shown, err)
	case info.IsDir() && !strings.HasSuffix(pathOf(asked.Path), "/"):
		return moved(asked.Path), flow.Reason{}
	case info.IsDir():
		name, shown = path.Join(name, "index.html"), path.Join(shown, "index.html")
	}
	f, err := bounded.OpenIn(root, filepath.FromSlash(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing(shown), flow.Reason{}
	case err != nil:
		return Answered{}, fileProblem(shown, err)
	}
	out, err := serve(f, name, a.Type, asked)
	if out.Name = shown; err != nil || out.File == nil {
		_ = f.Close() // read only
	}
	if err != nil {
		return Answered{}, fileProblem(shown, err)
	}
	return out, flow.Reason{}
}

func pathOf(target string) string {
	p, _, _ := strings.Cut(target, "?")
	return p
}

// below is the file that a path below another names, as a path without "..".
func below(under, target string) (name string, ok bool) {
	p := pathOf(target)
	under = "/" + strings.Trim(under, "/")
	rest, is := strings.CutPrefix(p, under)
	if !is || rest != "" && rest[0] != '/' && under != "/" {
		return "", false
	}
	name, err := url.PathUnescape(rest)
	if err != nil || strings.ContainsAny(name, "\x00\\") || slices.Contains(strings.Split(name, "/"), "..") {
		return "", false
	}
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name = cmp.Or(name, "."); !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", false
	}
	return name, true
}

// missing is the answer for a file that is not there.
func missing(name string) Answered {
	return Answered{Status: 404, Type: "text/plain; charset=utf-8", Text: "Posthouse: there is no file " + name + "\n", Absent: name}
}

// moved leads to a folder's own address, so that links in its page lead below it.
func moved(target string) Answered {
	p, query, has := strings.Cut(target, "?")
	to := "/" + strings.TrimLeft(p, "/") + "/" // never the address of another host
	if has {
		to += "?" + query
	}
	return Answered{Status: 301, Fields: []Field{{Name: "Location", Value: to, At: -1}}}
}

// serve finds what of a file is sent. It stands at the first byte of that then.
func serve(f *os.File, name, kind string, asked *Asked) (Answered, error) {
	info, err := f.Stat()
	if err != nil {
		return Answered{}, err
	}
	r := &http.Request{Method: asked.Method, Header: http.Header{}}
	for _, field := range asked.Fields {
		switch key := http.CanonicalHeaderKey(field.Name); key {
		case "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range":
			r.Header.Add(key, field.Value)
		case "Range":
			if !strings.Contains(field.Value, ",") { // more than one may be answered with all (RFC 9110 section 14.2)
				r.Header.Add(key, field.Value)
			}
		}
	}
	w := &told{header: http.Header{}, status: 200}
	if kind = cmp.Or(kind, mime.TypeByExtension(path.Ext(name))); kind != "" {
		w.header.Set("Content-Type", kind)
	}
	w.header.Set("Cache-Control", "no-cache")
	w.header.Set("Etag", `"`+strconv.FormatInt(info.ModTime().UnixNano(), 36)+"-"+strconv.FormatInt(info.Size(), 36)+`"`)
	http.ServeContent(w, r, name, info.ModTime(), f)
	out := Answered{Status: w.status, Type: w.header.Get("Content-Type"), Text: string(w.text)}
	for _, field := range [...]string{"Last-Modified", "Etag", "Accept-Ranges", "Content-Range", "Cache-Control"} {
		if value := w.header.Get(field); value != "" {
			out.Fields = append(out.Fields, Field{Name: field, Value: value, At: -1})
		}
	}
	if w.status == 200 || w.status == 206 {
		out.File, out.Size = f, w.size()
	}
	return out, nil
}

// told is what http.ServeContent says of an answer. The file itself is not written to it.
type told struct {
	header http.Header
	status int
	text   []byte
}

func (w *told) Header() http.Header    { return w.header }
func (w *told) WriteHeader(status int) { w.status = status }

func (w *told) Write(b []byte) (int, error) {
	w.text = append(w.text, b[:min(len(b), MaxText-len(w.text))]...)
	return len(b), nil
}

// ReadFrom is asked to send the file, and leaves it where it stands.
func (w *told) ReadFrom(io.Reader) (int64, error) { return 0, io.EOF }

func (w *told) size() int64 {
	n, _ := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64)
	return n
}
