package i18n

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestInitialsOfPinyin(t *testing.T) {
	for text, want := range map[string]string{"重新发送": "cxfs", "编辑后重发": "bjhcf", "导出 HAR…": "dchar", "解密此主机": "jmczj",
		"清空列表": "qklb", "用 jq 或 JSONPath 查询 JSON 正文": "yjqhjsonpathcxjsonzw", "啊座阿": "aza", "接口调试": "jkts", "": "", "Café 2": "café2"} {
		if got := Initials(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// Every character of the names of commands has a letter, so that none is a hole in what is typed.
func TestNamesOfCommandsHaveInitials(t *testing.T) {
	words := catalogues[Chinese].words()
	for _, key := range slices.Sorted(maps.Keys(words)) {
		if !strings.HasPrefix(key, "command.") && !strings.HasPrefix(key, "menu.") && !strings.HasPrefix(key, "also.") {
			continue
		}
		for _, r := range words[key] {
			if unicode.Is(unicode.Han, r) && initial(r) == 0 {
				t.Errorf("%s: %c of %s has none", key, r, words[key])
			}
		}
	}
}
