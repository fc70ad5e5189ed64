package i18n

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// The engine says in English why an exchange ended as it did: in the answer to
// the client, in events, in the row. said has these sentences with %s in place of
// what differs, and their words in Chinese.

//go:embed said/zh-Hans.json
var saidFile []byte

type saidPattern struct {
	match  *regexp.Regexp
	format string
	length int // of its own words
}

type saidTable struct {
	whole    map[string]string
	patterns []saidPattern // the most telling first
}

var said = sync.OnceValue(func() *saidTable {
	var words map[string]string
	if err := json.Unmarshal(saidFile, &words); err != nil {
		panic(err) // the file is part of the program
	}
	t := &saidTable{whole: map[string]string{}}
	for english, format := range words {
		parts := strings.Split(english, "%s")
		if len(parts) == 1 {
			t.whole[english] = format
			continue
		}
		length := 0
		for i, p := range parts {
			length += len(p)
			parts[i] = regexp.QuoteMeta(p)
		}
		t.patterns = append(t.patterns, saidPattern{regexp.MustCompile(`(?s)^` + strings.Join(parts, `(.+?)`) + `$`), format, length})
	}
	slices.SortFunc(t.patterns, func(a, b saidPattern) int { return b.length - a.length })
	return t
})

// saidDepth bounds how often a part of a sentence is a sentence again.
const saidDepth = 3

// Said is a sentence of the engine in the language in force. One that is not
// known, such as an error of the system, stays as it is.
func Said(sentence string) string {
	if Lang() == English {
		return sentence
	}
	return said().words(sentence, saidDepth)
}

func (t *saidTable) words(sentence string, depth int) string {
	if whole, ok := t.whole[sentence]; ok {
		return whole
	}
	if depth == 0 {
		return sentence
	}
	for _, p := range t.patterns {
		found := p.match.FindStringSubmatch(sentence)
		if found == nil {
			continue
		}
		args := make([]any, len(found)-1)
		for i, part := range found[1:] {
			args[i] = t.words(part, depth-1)
		}
		return fmt.Sprintf(p.format, args...)
	}
	return sentence
}
