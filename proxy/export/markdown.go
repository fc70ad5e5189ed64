package export

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/shellquote"
)

// maxReported bounds a body in a report, in bytes of its text: it is to be read.
const maxReported = 64 << 10

// writeMarkdown is a report of an exchange: the URL and what came of it, both heads
// as they passed and both bodies as text. What does not show is written visibly.
func writeMarkdown(x *flow.Exchange) Copy {
	var out strings.Builder
	method := x.Method
	if x.Kind == flow.KindTunnel && method == "" {
		method = "CONNECT"
	}
	became := x.Phase.Final() && x.Failure != flow.FailureNone
	outcome := "…"
	switch {
	case x.Status != 0 && became:
		outcome = fmt.Sprintf("%d, %s", x.Status, x.Failure)
	case x.Status != 0:
		outcome = fmt.Sprint(x.Status)
	case became:
		outcome = x.Failure.String()
	}
	out.WriteString("### " + codeSpan(visibleText(method+" "+x.URL())) + " → " + outcome + "\n\n")
	var times []string
	if !x.Start.IsZero() { // a file may not tell it
		times = append(times, x.Start.UTC().Format(time.RFC3339Nano))
	}
	if x.Phase.Final() {
		times = append(times, x.Duration.Round(time.Microsecond).String())
	}
	out.WriteString(strings.Join(times, " · ") + "\n")
	reportMessage(&out, x.RequestHead, &x.RequestBody)
	if len(x.ResponseHead) > 0 {
		reportMessage(&out, x.ResponseHead, &x.ResponseBody)
	}
	return Copy{Text: strings.TrimSuffix(out.String(), "\n")}
}

// reportMessage is a head and a body in a block of code.
func reportMessage(out *strings.Builder, head []byte, body *flow.Body) {
	text := visibleText(strings.TrimRight(strings.ReplaceAll(string(head), "\r\n", "\n"), "\n")) + "\n"
	if shown := reportBody(head, body); shown != "" {
		text += "\n" + strings.TrimSuffix(shown, "\n") + "\n"
	}
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	out.WriteString("\n" + fence + "http\n" + text + fence + "\n")
}

// reportBody is a body as a person reads it, or what there is of it in brackets.
func reportBody(head []byte, body *flow.Body) string {
	if body.Size == 0 && body.State == flow.BodyNone {
		return ""
	}
	size := flow.Counted(body.Size, "byte", "bytes")
	if len(body.Bytes) == 0 && body.Size > 0 {
		return "‹" + body.State.String() + ": " + size + "›"
	}
	_, fields := content.Fields(head)
	decoded, err := content.Decode(content.Value(fields, "Content-Encoding"), body.Bytes)
	if err != nil && len(decoded.Body) == 0 {
		return "‹" + size + "›"
	}
	if !readable(decoded.Body) {
		return "‹" + size + "›"
	}
	text, _ := content.Text(content.Value(fields, "Content-Type"), decoded.Body)
	rest := ""
	if len(text) > maxReported {
		text = strings.ToValidUTF8(text[:maxReported], "")
		rest = "‹…›"
	}
	if body.State != flow.BodyWhole && body.State != flow.BodyNone {
		rest = "‹" + body.State.String() + ": " + fmt.Sprintf("%d of %s", len(body.Bytes), size) + "›"
	}
	if rest != "" {
		rest = "\n" + rest
	}
	return visibleText(strings.ReplaceAll(text, "\r\n", "\n")) + rest
}

// readable reports whether a body is text: NUL is in none that is not of UTF-16,
// which begins with a mark.
func readable(body []byte) bool {
	start := string(body[:min(len(body), 512)])
	return !strings.Contains(start, "\x00") || strings.HasPrefix(start, "\xff\xfe") || strings.HasPrefix(start, "\xfe\xff")
}

// visibleText writes what does not show as its code point, and keeps lines and tabs.
func visibleText(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		switch one := text[:n]; {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `‹\x%02X›`, text[0])
		case r == '\n', r == '\t', shellquote.Safe(one):
			b.WriteString(one)
		default:
			fmt.Fprintf(&b, "‹U+%04X›", r)
		}
		text = text[n:]
	}
	return b.String()
}

// codeSpan is a line of code inside a text.
func codeSpan(text string) string {
	text = strings.ReplaceAll(text, "\n", "‹U+000A›")
	marks := strings.Repeat("`", longestRun(text, '`')+1)
	if len(marks) > 1 || strings.HasPrefix(text, "`") {
		return marks + " " + text + " " + marks
	}
	return marks + text + marks
}

// longestRun is how often a sign stands behind itself at most.
func longestRun(text string, sign byte) int {
	longest, run := 0, 0
	for i := range len(text) {
		if text[i] != sign {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
