package document

import (
	"context"
	"strings"

	"posthouse/proxy/content"
)

// prettyJSON is indentJSON for what is sent as JSON and is a little more, or less:
// behind a guard such as )]}', in the call of a function, or a value on each line
// of which some are none. bad is how many lines stay as sent.
func prettyJSON(ctx context.Context, text string, cut bool) (lines string, bad int, err error) {
	if before, value, after, ok := content.UnwrapJSON(text, true); ok {
		if lines, err = indentJSON(ctx, value, cut); err == nil {
			lines = strings.TrimSpace(before) + "\n" + lines
			if after = strings.TrimSpace(after); after != "" {
				lines += "\n" + after
			}
		}
		if err != errNoJSON {
			return lines, 0, err
		}
	}
	lines, err = indentJSON(ctx, text, cut)
	if err == errNoJSON && len(text) <= maxChecked {
		return indentLines(ctx, text)
	}
	return lines, 0, err
}

// indentLines sets out JSON that has an object or array on each line. It is none
// where fewer than half of the lines are.
func indentLines(ctx context.Context, text string) (lines string, bad int, err error) {
	var out strings.Builder
	good := 0
	for line := range strings.Lines(text) {
		line = strings.Trim(line, jsonSpaces)
		if line == "" {
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		set, err := "", errNoJSON
		if line[0] == '{' || line[0] == '[' {
			set, err = indentJSON(ctx, line, false)
		}
		switch {
		case err == nil:
			good++
			out.WriteString(set)
		case err == errNoJSON:
			bad++
			out.WriteString(line)
		default:
			return "", 0, err
		}
		if out.Len() > maxIndented {
			return "", 0, errLongJSON
		}
	}
	if good == 0 || good < bad || ctx.Err() != nil {
		return "", 0, errNoJSON
	}
	return out.String(), bad, nil
}
