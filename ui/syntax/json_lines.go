package syntax

import (
	"context"
	"strings"

	"posthouse/proxy/content"
)

// BeautifyJSON sets JSON out in lines, of any depth, also where it was cut short, or is
// a little more or less: several values, behind a guard such as )]}', in the call of a
// function, or a value on each line of which some are none; bad is how many of those
// stay as sent. Only white space changes, and in strings escapes such as \u4e2d become
// their characters where those can be seen. It fails where the text is plainly no
// JSON (ErrNotJSON), would become longer than MaxJSON (ErrLong), or ctx ended.
func BeautifyJSON(ctx context.Context, text string, cut bool) (lines string, bad int, err error) {
	if before, value, after, ok := content.UnwrapJSON(text, true); ok {
		if lines, err = indentJSON(ctx, value, cut); err == nil {
			lines = strings.TrimSpace(before) + "\n" + lines
			if after = strings.TrimSpace(after); after != "" {
				lines += "\n" + after
			}
		}
		if err != ErrNotJSON {
			return lines, 0, err
		}
	}
	lines, err = indentJSON(ctx, text, cut)
	if err == ErrNotJSON && len(text) <= maxChecked {
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
		set, err := "", ErrNotJSON
		if line[0] == '{' || line[0] == '[' {
			set, err = indentJSON(ctx, line, false)
		}
		switch {
		case err == nil:
			good++
			out.WriteString(set)
		case err == ErrNotJSON:
			bad++
			out.WriteString(line)
		default:
			return "", 0, err
		}
		if out.Len() > MaxJSON {
			return "", 0, ErrLong
		}
	}
	if good == 0 || good < bad || ctx.Err() != nil {
		return "", 0, ErrNotJSON
	}
	return out.String(), bad, nil
}
