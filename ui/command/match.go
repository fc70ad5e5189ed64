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
		all = append(all, one)
	})
	return all
}

// PaletteID is the ID of the command that opens the palette, which does not offer it.
const PaletteID = "palette"

// maxQuery bounds what is looked for, in bytes.
const maxQuery = 200

// find are the commands in whose name or menus each word of a query is a part: those
// whose name begins with it come first, then those in whose name it begins a word. Of
// equal ones, those that can be done now come first.
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
		if now := rankIn(text, c.names[i], words); now >= 0 && (rank < 0 || now < rank) {
			rank = now
		}
	}
	if rank < 0 && containsAll(strings.Join(c.texts, " "), words) {
		return 3 // some words in one language, some in the other
	}
	return rank
}

func rankIn(text, name string, words []string) int {
	if !containsAll(text, words) {
		return -1
	}
	worst := 0
	for _, word := range words {
		now := 2
		switch {
		case strings.HasPrefix(name, word):
			now = 0
		case beginsWord(name, word):
			now = 1
		}
		worst = max(worst, now)
	}
	if worst == 1 && len(words) > 1 && strings.HasPrefix(name, words[0]) {
		return 0
	}
	return worst
}

func containsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
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
