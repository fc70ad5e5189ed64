package i18n

import (
	"regexp"
	"strings"
	"testing"
)

// What stands before a body has one name in the window: headers, 头部.
func TestHeadersHaveOneName(t *testing.T) {
	other := map[string]*regexp.Regexp{English: regexp.MustCompile(`(?i)\bheads?\b`),
		Chinese: regexp.MustCompile(`(请求|响应|消息)头([^部]|$)|标头|报头`)}
	for lang, pattern := range other {
		for key, words := range catalogues[lang].words() {
			if pattern.MatchString(words) && !strings.HasPrefix(key, "also.") { // nobody sees those: they are what people type
				t.Errorf("%s, %s: %q", lang, key, words)
			}
		}
	}
}

// The window's title and the tray say Posthouse, and so do all other words.
func TestPosthouseHasOneName(t *testing.T) {
	for key, words := range catalogues[Chinese].words() {
		if strings.Contains(words, "驿站") {
			t.Errorf("%s: %q", key, words)
		}
	}
}
