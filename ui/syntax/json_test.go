package syntax

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestBeautifyJSON(t *testing.T) {
	for _, c := range []struct {
		text string
		cut  bool
		want string
	}{
		{`{"b":1.10,"a":12345678901234567890,"a":[],"s":"\u00e9<"}`, false,
			"{\n  \"b\": 1.10,\n  \"a\": 12345678901234567890,\n  \"a\": [],\n  \"s\": \"é<\"\n}"},
		{`{"\u540d":"\u4e2d\\u4e2d\ud83d\ude00 \u003c\u0022\u005c\u000a\u0000\u200b\u202e\ud83d \u00","b":"\\"}`, true,
			"{\n  \"名\": \"中\\\\u4e2d😀 <" +
				"\\u0022\\u005c\\u000a\\u0000\\u200b\\u202e\\ud83d \\u00\",\n  \"b\": \"\\\\\"\n}"},
		{" [ 1 , { } ,\n[ ] , null ] ", false, "[\n  1,\n  {},\n  [],\n  null\n]"},
		{`{"a":"x, y: {z} \" [ \\"}`, false, "{\n  \"a\": \"x, y: {z} \\\" [ \\\\\"\n}"},
		{"{\"a\":1}\n{\"a\":2}\n", false, "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}"},
		{`{"cut":[1,"in a str`, true, "{\n  \"cut\": [\n    1,\n    \"in a str"},
		{`{"a":no json 1`, true, "{\n  \"a\": no json 1"},
		{`"text"`, false, `"text"`}, {`-1e5`, false, `-1e5`},
	} {
		if got, err := indentJSON(t.Context(), c.text, c.cut); got != c.want || err != nil {
			t.Errorf("%s: %s, %v", c.text, got, err)
		}
	}
	for _, bad := range []string{"", "  ", "hello", `{"a":}`, `{"a":1`, "<html>", `[1,]`} {
		if got, err := indentJSON(t.Context(), bad, false); !errors.Is(err, ErrNotJSON) {
			t.Errorf("%q: %q, %v", bad, got, err)
		}
	}
}

// Deep nesting makes much of little: it ends at the bound.
func TestIndentingIsBounded(t *testing.T) {
	deep := strings.Repeat("[", 4<<20)
	got, err := indentJSON(t.Context(), deep, true)
	if !errors.Is(err, ErrLong) || got != "" {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := indentJSON(ended, strings.Repeat("[1,", 2<<20), true); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: %v", err)
	}
}

// Whatever is indented is the same JSON.
func FuzzBeautifyJSON(f *testing.F) {
	f.Add(`{"users":[{"id":1,"name":"Ada","mail":null,"score":12.50},{"name":"张三","tags":["b\n\u202ec"],"none":{},"empty":[]}]}`, false)
	f.Add(`{"a":[{},[],"\\\""],"b":1e9} {"c":null}`, true)
	f.Add(`{"\u4e2d\ud83d\ude00":"\\u00e9\ud800"}`, false)
	f.Add(")]}',\n{\"a\":1}", false)
	f.Add("cb({\"a\":1});", true)
	f.Add("{}\nno\n[1]", false)
	f.Fuzz(func(t *testing.T, text string, cut bool) {
		if lines, bad, err := BeautifyJSON(t.Context(), text, cut); err == nil && strings.TrimSpace(lines) == "" || bad < 0 {
			t.Fatalf("%q became %q", text, lines)
		}
		got, err := indentJSON(t.Context(), text, cut)
		if err != nil {
			return
		}
		sent := strings.TrimPrefix(text, "\ufeff")
		if want, is := tokens(JSON, strings.Trim(sent, jsonSpaces)), tokens(JSON, got); !strings.Contains(text, `\u`) &&
			!slices.Equal(want, is) {
			t.Fatalf("%q became %q", text, got)
		}
		if !json.Valid([]byte(text)) {
			return
		}
		if !json.Valid([]byte(got)) || !strings.Contains(text, `\u`) && compacted(t, got) != compacted(t, text) {
			t.Fatalf("%q became %q", text, got)
		}
		if want, is := decodedJSON(text), decodedJSON(got); !reflect.DeepEqual(want, is) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

// decodedJSON is what a text means, with numbers as written.
func decodedJSON(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

func compacted(t *testing.T, text string) string {
	var b strings.Builder
	inString := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			b.WriteByte(c)
			i++
		case c == '"':
			inString = !inString
		case !inString && strings.IndexByte(jsonSpaces, c) >= 0:
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
