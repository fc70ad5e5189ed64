package command

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"posthouse/ui/i18n"
)

// candidate is a command that the palette may show.
type candidate struct {
	command *Command
	name    string
	path    string   // the menus that lead to it
	texts   []string // what is looked in, in small letters: name and path, in the language in force and in English
	names   []string // the names alone
	also    string   // other words for what it does, and the initials of its pinyin
}

// pathMark stands between the names of menus.
const pathMark = " › "

// candidates are all commands but those that the palette leaves out.
func (t *Table) candidates() (all []candidate) {
	t.each(func(path []*Menu, c *Command) {
		if c.ID == PaletteID {
			return
		}
		one := candidate{command: c}
		for _, lang := range []string{i18n.Lang(), i18n.English} {
			var menus []string
			for _, m := range path {
				menus = append(menus, nameIn(lang, m.Name, ""))
			}
			name := c.words(lang)
			if one.name == "" {
				one.name, one.path = name, strings.Join(menus, pathMark)
			}
			one.texts = append(one.texts, strings.ToLower(strings.Join(menus, " ")+" "+name))
			one.names = append(one.names, strings.ToLower(name))
		}
		one.also = alsoOf(path, c)
		all = append(all, one)
	})
	return all
}

// alsoOf are the words that people who know other programs type for a command, in the language in force and in English,
// and the initials of the pinyin of its name and of those words. The catalogues have them under its ID, and
// under those of the menus that lead to it.
func alsoOf(path []*Menu, c *Command) string {
	keys := []string{"also." + c.ID}
	for _, m := range path {
		keys = append(keys, "also.menu."+m.ID)
	}
	var all []string
	for _, key := range keys {
		if i18n.Has(key) {
			all = append(all, strings.Fields(i18n.In("", key))...)
		}
	}
	if i18n.Lang() == i18n.Chinese {
		initials := []string{i18n.Initials(c.words(""))}
		for _, word := range all {
			initials = append(initials, i18n.Initials(word))
		}
		all = append(all, initials...)
		for _, key := range keys {
			if i18n.Has(key) {
				all = append(all, i18n.In(i18n.English, key))
			}
		}
	}
	return strings.ToLower(strings.Join(all, " "))
}

// PaletteID is the ID of the command that opens the palette, which does not offer it.
const PaletteID = "palette"

// maxQuery bounds what is looked for, in bytes.
const maxQuery = 200

// find are the commands in whose name or menus each word of a query is a part, or whose other words begin with it:
// those whose name begins with it come first, then those in whose name it begins a word, then those that
// have it as another word. Of equal ones, those that can be done now come first.
func find(all []candidate, query string) (found []candidate) {
	words := strings.Fields(strings.ToLower(query[:min(len(query), maxQuery)]))
	ranks := map[*Command]int{}
	for _, c := range all {
		if rank := c.rank(words); rank >= 0 {
			if rank *= 2; !c.command.enabled() {
				rank++
			}
			ranks[c.command] = rank
			found = append(found, c)
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return ranks[a.command] - ranks[b.command] })
	return found
}

// rank tells how well a command matches, 0 best; -1: it does not.
func (c *candidate) rank(words []string) int {
	rank := -1
	for i, text := range c.texts {
		if now := c.rankIn(text, c.names[i], words); now >= 0 && (rank < 0 || now < rank) {
			rank = now
		}
	}
	if rank < 0 && c.rankIn(strings.Join(c.texts, " "), "", words) >= 0 {
		return 4 // some words in one language, some in the other
	}
	return rank
}

func (c *candidate) rankIn(text, name string, words []string) int {
	worst := 0
	for _, word := range words {
		now := 3
		switch {
		case strings.HasPrefix(name, word):
			now = 0
		case beginsWord(name, word):
			now = 1
		case c.means(word):
			now = 2
		case !strings.Contains(text, word):
			return -1
		}
		worst = max(worst, now)
	}
	if worst == 1 && len(words) > 1 && strings.HasPrefix(name, words[0]) {
		return 0
	}
	return worst
}

// means reports whether one of the other words begins with a word or, where that is Chinese, has it in it.
func (c *candidate) means(word string) bool {
	first, _ := utf8.DecodeRuneInString(word)
	return beginsWord(c.also, word) || unicode.Is(unicode.Han, first) && strings.Contains(c.also, word)
}

// beginsWord tells whether a word of text begins with part.
func beginsWord(text, part string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], part)
		if i < 0 {
			return false
		}
		at += i
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		if at == 0 || !unicode.IsLetter(before) && !unicode.IsDigit(before) {
			return true
		}
		_, size := utf8.DecodeRuneInString(text[at:])
		at += max(1, size)
	}
}
