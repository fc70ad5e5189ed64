package localpage

import (
	"bytes"
	"crypto/sha1" // how Windows and macOS name a certificate
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	text "text/template"

	"golang.org/x/text/language"

	"posthouse/proxy/shellquote"
)

//go:embed templates
var sources embed.FS

// languages are those of the page, the first where none fits.
var languages = []language.Tag{language.English, language.SimplifiedChinese}

// names are the languages as the templates and lang attributes have them.
var names = []string{"en", "zh-Hans"}

var matcher = language.NewMatcher(languages)

var (
	pages = parsePages()
	texts = parseTexts()
	style = mustRead("templates/style.css")
	// policy lets the page's own style be used, by its hash, and nothing else.
	policy = fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		hash(style))
)

func mustRead(name string) string {
	b, err := sources.ReadFile(name)
	if err != nil {
		panic(err) // it is part of the program
	}
	return string(b)
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func parsePages() map[string]*template.Template {
	m := make(map[string]*template.Template)
	for _, name := range names {
		m[name] = template.Must(template.ParseFS(sources, "templates/layout.html", "templates/commands.html", "templates/"+name+".html"))
	}
	return m
}

func parseTexts() map[string]*text.Template {
	m := make(map[string]*text.Template)
	for _, name := range names {
		m[name] = text.Must(text.ParseFS(sources, "templates/"+name+".txt"))
	}
	return m
}

// facts are what the templates show.
type facts struct {
	Lang, Other string // this language, and the other one
	Style       template.CSS
	Proxy       string // host:port
	URL         string // of the proxy, as a word of a command

	On          bool
	Name        string // the CA's common name
	Until       string // its last day
	Fingerprint string // SHA-256
	SHA1        string // hexadecimal
}

func (h *Handler) facts(r *http.Request) facts {
	lang := pick(r)
	f := facts{Lang: names[lang], Other: names[1-lang], Style: template.CSS(style), Proxy: h.address(r)}
	f.URL = shellquote.Windows("http://" + f.Proxy) // letters, signs and brackets: right in the other shells too
	if ca := h.ca(); ca != nil {
		c := ca.Certificate()
		f.On, f.Name, f.Until, f.Fingerprint = true, c.Subject.CommonName, c.NotAfter.Format("2006-01-02"), ca.Fingerprint()
		f.SHA1 = fmt.Sprintf("%X", sha1.Sum(c.Raw))
	}
	return f
}

// pick is the index of the language to answer in: the one asked for in the
// query, else by Accept-Language (RFC 9110 section 12.5.4).
func pick(r *http.Request) int {
	asked := r.URL.Query().Get("lang")
	for i, name := range names {
		if asked == name {
			return i
		}
	}
	const most = 1 << 10 // bytes of the field; more is not needed
	field := strings.Join(r.Header.Values("Accept-Language"), ",")
	tags, _, err := language.ParseAcceptLanguage(field[:min(len(field), most)])
	if err != nil || len(tags) == 0 {
		return 0
	}
	_, i, _ := matcher.Match(tags...)
	return i
}

// wantsHTML reports whether the client is a browser: those name the type,
// programs say that they take anything.
func wantsHTML(r *http.Request) bool {
	return strings.Contains(strings.ToLower(strings.Join(r.Header.Values("Accept"), ",")), "text/html")
}

func (h *Handler) page(w http.ResponseWriter, r *http.Request) {
	if !wantsHTML(r) {
		h.text(w, r, http.StatusOK, "short")
		return
	}
	f := h.facts(r)
	var b bytes.Buffer
	if err := pages[f.Lang].ExecuteTemplate(&b, "layout.html", f); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	h.send(w, f, http.StatusOK, "text/html; charset=utf-8", b.Bytes())
}

// text answers in a few plain lines.
func (h *Handler) text(w http.ResponseWriter, r *http.Request, status int, name string) {
	f := h.facts(r)
	var b bytes.Buffer
	if err := texts[f.Lang].ExecuteTemplate(&b, name, f); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	h.send(w, f, status, "text/plain; charset=utf-8", b.Bytes())
}

func (h *Handler) send(w http.ResponseWriter, f facts, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Language", f.Lang)
	w.Header().Set("Vary", "Accept, Accept-Language")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that left is nothing to tell
}
