package rules

import "testing"

// What becomes of a request is written into the answer, however that is written; all else stays.
func TestSetMissing(t *testing.T) {
	const missing = "missing = \"error\""
	for in, want := range map[string]string{
		"answer = { file = 'a' } # my }\nnote = 'x'\n":            "answer = { file = 'a', " + missing + " } # my }\nnote = 'x'\n",
		"answer = {file='a', fields=['X: }']}\r\nname='a'\r\n":    "answer = {file='a', fields=['X: }'], " + missing + " }\r\nname='a'\r\n",
		"answer = { missing = 'pass', file = 'a' }\n":             "answer = { file = 'a', " + missing + " }\n",
		"answer = { file = 'a', missing = \"pass\", type = 't' }": "answer = { file = 'a', type = 't', " + missing + " }",
		"answer.file = 'a'\nanswer.missing = 'pass'\n":            "answer." + missing + "\nanswer.file = 'a'\n",
		"name='a'\n[rule.answer]\nmissing='pass'\nfile='a'\n":     "name='a'\n[rule.answer]\n" + missing + "\nfile='a'\n",
		"answer = { fields = [\n'A: b' ], file = 'a' }\n":         "",
		"block='403'\n": "",
	} {
		const before = "# mine\n[[rule]]\n"
		if want != "" {
			want = before + want
		}
		got, err := SetMissing([]byte(before+in), MissingError, 0)
		if string(got) != want || (err == nil) == (want == "") {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}
