package commandline

import (
	"strings"

	"posthouse/proxy/reason"
)

// splitCmd is the commands of a text for cmd.exe. Two readers take one apart: cmd.exe
// itself, for which a caret outside of quotes keeps the sign behind it, and the program's
// runtime, which makes arguments of the line.
func splitCmd(text string) ([]command, error) {
	var all []command
	for at := 0; at < len(text); {
		line, places, after := cmdLine(text, at)
		at = after
		words, err := arguments(line, places)
		if err != nil {
			return nil, err
		}
		if len(words) > 0 {
			all = append(all, command{words: words})
		}
	}
	return all, nil
}

// cmdLine is one command without its carets, with the place of each byte in the text, and
// where the next begins.
func cmdLine(text string, at int) (line []byte, places []int32, after int) {
	quoted := false
	for i := at; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\n':
			return line, places, i + 1
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
			continue
		case c == '"':
			quoted = !quoted
		case c == '^' && !quoted:
			if i++; strings.HasPrefix(text[i:], "\r\n") {
				i++
			}
			if i < len(text) && text[i] == '\n' { // the line goes on, and its first sign is kept
				if i++; strings.HasPrefix(text[i:], "\r\n") {
					i++
				}
			}
			if i >= len(text) {
				return line, places, i
			}
			c = text[i]
		case !quoted && (c == '&' || c == '|'):
			return line, places, i + 1
		}
		line, places = append(line, c), append(places, int32(i))
	}
	return line, places, len(text)
}

// arguments makes words of a line as Microsoft's C runtime does: backslashes mean
// something before a quote alone, and two quotes inside of quotes are one.
func arguments(line []byte, places []int32) ([]word, error) {
	var all []word
	for i := 0; i < len(line); {
		if line[i] == ' ' || line[i] == '\t' {
			i++
			continue
		}
		w := word{at: int(places[i])}
		var out []byte
		quoted, open := false, 0
		for i < len(line) && (quoted || line[i] != ' ' && line[i] != '\t') {
			slashes := 0
			for i < len(line) && line[i] == '\\' {
				slashes++
				i++
			}
			isQuote := i < len(line) && line[i] == '"'
			if isQuote {
				out = append(out, strings.Repeat(`\`, slashes/2)...)
			} else {
				out = append(out, strings.Repeat(`\`, slashes)...)
			}
			switch {
			case i == len(line) || !isQuote && slashes > 0 && !quoted && (line[i] == ' ' || line[i] == '\t'):
				continue
			case !isQuote:
				out = append(out, line[i])
			case slashes%2 == 1:
				out = append(out, '"')
			case quoted && i+1 < len(line) && line[i+1] == '"':
				out = append(out, '"')
				i++
			default:
				quoted = !quoted
				open = int(places[i])
			}
			i++
		}
		if quoted {
			return nil, &fault{open, reason.CommandQuote.With()}
		}
		w.text = string(out)
		all = append(all, w)
	}
	return all, nil
}
