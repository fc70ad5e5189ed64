package commandline

import "strings"

// config takes the options of a config file that comes in by a pipe: a long name a line,
// and its value behind = or a space, quoted or not.
func (t *transfer) config(o option) error {
	for line := range strings.Lines(string(t.command.stdin)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		end := strings.IndexAny(line, " \t=:")
		if end < 0 {
			end = len(line)
		}
		name, value := line[:end], strings.TrimLeft(line[end:], " \t=:")
		if !strings.HasPrefix(name, "-") {
			name = "--" + name
		}
		words := []word{{name, o.at}}
		if value != "" {
			words = append(words, word{configValue(value), o.at})
		}
		list, err := options(words)
		if err != nil {
			return err
		}
		for _, one := range list {
			if one.name == "config" || one.name == "next" {
				continue
			}
			if err := t.take(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// configValue is a value without its quotes, inside of which a backslash keeps a sign.
func configValue(text string) string {
	if text[0] != '"' {
		value, _, _ := strings.Cut(text, " ")
		return value
	}
	var b strings.Builder
	for i := 1; i < len(text) && text[i] != '"'; i++ {
		c := text[i]
		if c == '\\' && i+1 < len(text) {
			i++
			c = text[i]
			if at := strings.IndexByte("nrtv", c); at >= 0 {
				c = "\n\r\t\v"[at]
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}
