// Package i18n holds every word that a person reads in the window and the tray,
// in each language of the app.
//
// It owns the catalogues (en/*.json, zh-Hans/*.json; one file for each part of
// the window, merged when the first word is asked for) and which language is in force.
// T and Lang may be called from any goroutine; Set belongs to the UI goroutine,
// because it also changes the toolkit's own words, and it calls the functions
// given to OnChange before it returns.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/text/language"

	"github.com/jeandeaual/go-locale"
)

// The languages of the app.
const (
	English = "en"
	Chinese = "zh-Hans"
	System  = "system" // for Set: the first of them that the system's settings ask for
)

//go:embed en/*.json zh-Hans/*.json
var files embed.FS

// catalogue maps a key, such as "details.copy", to fmt's format in one language.
type catalogue struct {
	lang  string
	words func() map[string]string
}

var (
	catalogues = map[string]*catalogue{English: lazily(English), Chinese: lazily(Chinese)}
	current    atomic.Pointer[catalogue]
)

func init() { current.Store(catalogues[English]) }

// lazily is a catalogue that is read when its first word is asked for.
func lazily(lang string) *catalogue {
	return &catalogue{lang, sync.OnceValue(func() map[string]string {
		words, err := load(files, lang)
		if err != nil {
			panic(err) // the files are part of the program
		}
		return words
	})}
}

// load merges the catalogue files of one language.
func load(from fs.FS, lang string) (map[string]string, error) {
	all := map[string]string{}
	names, err := fs.Glob(from, path.Join(lang, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		var words map[string]string
		if err := json.Unmarshal(text, &words); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for key, word := range words {
			if _, twice := all[key]; twice {
				return nil, fmt.Errorf("%s: %q is in another file too", name, key)
			}
			all[key] = word
		}
	}
	return all, nil
}

// T returns the words for key in the language in force, with args put in as by
// fmt.Sprintf. A key that is in no catalogue is returned as it is.
func T(key string, args ...any) string {
	format, ok := current.Load().words()[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// Fill is T for arguments that came from elsewhere, of which some may be missing: those are empty.
func Fill(key string, args []any) string {
	format, ok := current.Load().words()[key]
	if !ok {
		return fmt.Sprint(append([]any{key}, args...)...)
	}
	for n := strings.Count(format, "%"); len(args) < n; {
		args = append(args, "")
	}
	return fmt.Sprintf(format, args[:strings.Count(format, "%")]...)
}

// In is the words for key in a language, which need not be in force: "" is the one
// that is.
func In(lang, key string) string {
	c := current.Load()
	if other, ok := catalogues[lang]; ok {
		c = other
	}
	if words, ok := c.words()[key]; ok {
		return words
	}
	return key
}

// N is T for a counted thing: key+".one" where n is 1, key+".other" elsewhere.
// In Chinese both read alike. The first may leave the number out.
func N(key string, n int, args ...any) string {
	if n == 1 {
		return Fill(key+".one", args)
	}
	return T(key+".other", args...)
}

// Has reports whether key is in the catalogues.
func Has(key string) bool {
	_, ok := current.Load().words()[key]
	return ok
}

// Lang is the language in force, English or Chinese.
func Lang() string { return current.Load().lang }

// Set puts a language into force: System, English or Chinese; any other text
// counts as System.
func Set(lang string) {
	c, ok := catalogues[lang]
	if !ok {
		c = catalogues[match(systemLocales())]
	}
	if current.Swap(c) == c && toolkitSet.Swap(true) {
		return
	}
	setToolkit(c.lang)
	for _, l := range listeners.all() {
		l.changed()
	}
}

func systemLocales() []string {
	names, err := locale.GetLocales()
	if err != nil {
		return nil
	}
	return names
}

// match picks the language for the locales a system names, best first. Chinese
// of any script gets the Chinese there is.
func match(locales []string) string {
	var tags []language.Tag
	for _, name := range locales {
		if tag, err := language.Parse(name); err == nil {
			tags = append(tags, tag)
		}
	}
	for _, tag := range tags {
		switch base, _ := tag.Base(); base.String() {
		case "zh":
			return Chinese
		case "en":
			return English
		}
	}
	return English
}

// listener is one function given to OnChange.
type listener struct{ changed func() }

type listenerList struct {
	mu   sync.Mutex
	list []*listener
}

var listeners listenerList

func (l *listenerList) all() []*listener {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.list)
}

// OnChange has changed called after each change of the language, until remove.
func OnChange(changed func()) (remove func()) {
	one := &listener{changed}
	listeners.mu.Lock()
	defer listeners.mu.Unlock()
	listeners.list = append(listeners.list, one)
	return func() {
		listeners.mu.Lock()
		defer listeners.mu.Unlock()
		listeners.list = slices.DeleteFunc(listeners.list, func(o *listener) bool { return o == one })
	}
}
