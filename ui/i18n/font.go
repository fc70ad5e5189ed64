package i18n

import (
	_ "embed"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// ChineseFont is a TrueType font with the common Chinese characters and nothing
// else, for systems that have none (see font/README.md).
//
//go:embed font/cjk.ttf
var ChineseFont []byte

// fontNames are parts of the file names of fonts with Chinese characters.
var fontNames = []string{"cjk", "wqy", "droidsansfallback", "sourcehan", "notosanssc", "notoserifsc", "notosanshans", "uming", "ukai",
	"simsun", "simhei", "msyh", "fandol", "lxgw", "sarasa", "wenkai", "unifont", "alibabapuhuati", "harmonyos_sans_sc", "misans"}

// SystemHasChinese reports whether the system has a font with Chinese characters.
// Windows and macOS come with one.
var SystemHasChinese = sync.OnceValue(func() bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	home, _ := os.UserHomeDir()
	return chineseFontIn("/usr/share/fonts", "/usr/local/share/fonts", "/run/host/fonts",
		filepath.Join(home, ".local/share/fonts"), filepath.Join(home, ".fonts"))
})

// maxFontFiles bounds how many files chineseFontIn looks at.
const maxFontFiles = 20_000

func chineseFontIn(dirs ...string) bool {
	found, seen := false, 0
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if seen++; err != nil || seen > maxFontFiles {
				return filepath.SkipDir
			}
			name := strings.ToLower(d.Name())
			for _, part := range fontNames {
				if !d.IsDir() && strings.Contains(name, part) {
					found = true
					return filepath.SkipAll
				}
			}
			return nil
		})
		if found {
			return true
		}
	}
	return false
}
