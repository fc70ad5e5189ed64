package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/proxy/reason"
)

// What is wrong with a file is said in a few words, however long what is wrong is.
func TestMistakesAreToldInAFewWords(t *testing.T) {
	long := strings.Repeat("a", 1<<20)
	for _, text := range []string{long + "=1", "[[rule]]\n" + strings.Repeat("a.", 1<<10) + "a=1",
		"[[rule]]\nname='" + long + "'\nmark='" + long + "'",
		"[[rule]]\nresponse.body.replace=[{find='/" + long + "/'}]", "[[rule]]\nresponse.body.json=[{path='$.a', value='" + long + "'}]",
		"[[rule]]\nmark='red'\nwhen='host:a (" + long[:4000] + "'", "[presets." + long + "]\na=1\n"} {
		_, err := Load("rules.toml", []byte(text), "")
		if err == nil || len(err.Error()) > 500 {
			t.Errorf("%.80q: %.80v", text, err)
		}
	}
}

// An empty file has no status line.
func TestAMessageOfNothing(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "none"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load("rules.toml", []byte("[[rule]]\nanswer.message='none'"), folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, why := s.Answer(s.Rules[0], &Asked{}); why.Code != reason.RuleMessage || !strings.Contains(reason.English(why), "status line") {
		t.Error(reason.English(why))
	}
}
