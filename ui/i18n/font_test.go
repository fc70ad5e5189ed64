package i18n

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/font/sfnt"
)

func TestTheChineseFontHasEveryCharacterOfTheCatalogues(t *testing.T) {
	face, err := sfnt.Parse(ChineseFont)
	if err != nil {
		t.Fatal(err)
	}
	var buffer sfnt.Buffer
	missing := map[rune]string{}
	for key, words := range catalogues[Chinese].words() {
		lacks(face, words, key, missing)
	}
	for r, key := range missing {
		t.Errorf("%q (in %s) is not in font/cjk.ttf: run font/subset.py", r, key)
	}
	if glyph, _ := face.GlyphIndex(&buffer, ' '); glyph == 0 {
		t.Error("the font has no space, which the toolkit draws with it after a Chinese character")
	}
	if glyph, _ := face.GlyphIndex(&buffer, 'a'); glyph != 0 {
		t.Error("the font has Latin letters, which would take the place of the toolkit's own")
	}
}

func TestAChineseFontIsFoundByItsName(t *testing.T) {
	dir := t.TempDir()
	if chineseFontIn(dir, filepath.Join(dir, "none")) {
		t.Error("found in an empty directory")
	}
	sub := filepath.Join(dir, "opentype", "noto")
	if err := os.MkdirAll(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(sub, "NotoSansCJK-Regular.ttc"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if !chineseFontIn(filepath.Join(dir, "none"), dir) {
		t.Error("NotoSansCJK-Regular.ttc was not found")
	}
}

// lacks notes the Chinese characters of a text that a font has not.
func lacks(face *sfnt.Font, text, key string, missing map[rune]string) {
	var buffer sfnt.Buffer
	for _, r := range text {
		if glyph, err := face.GlyphIndex(&buffer, r); r >= 0x2e80 && (err != nil || glyph == 0) {
			missing[r] = key
		}
	}
}
