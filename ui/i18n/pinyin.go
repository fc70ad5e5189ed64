package i18n

import (
	"sort"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// GB 2312 has the common characters in the order of their pinyin: firsts are those that begin a
// letter, letters the letters. Behind lastCommon the order is another one.
const (
	letters    = "abcdefghjklmnopqrstwxyz"
	firsts     = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
	lastCommon = '座'
)

// otherwise are characters of the window's words that are read in another way there, or are less common.
var otherwise = map[rune]byte{'重': 'c', '调': 't', '浏': 'l'}

// Initials are the letters that the pinyin of the characters of a text begins with, as they are typed
// for short: cxfs for 重新发送. What is no Chinese character stays, in small letters; spaces and signs go.
func Initials(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch letter := initial(r); {
		case letter != 0:
			b.WriteByte(letter)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// initial is 0 for what is no common character.
func initial(r rune) byte {
	if letter, is := otherwise[r]; is {
		return letter
	}
	code := gb2312(r)
	if r < 0x4e00 || code < begins[0] || code > gb2312(lastCommon) {
		return 0
	}
	return letters[sort.Search(len(begins), func(i int) bool { return begins[i] > code })-1]
}

// begins are the places of firsts.
var begins = func() (all []int) {
	for _, r := range firsts {
		all = append(all, gb2312(r))
	}
	return all
}()

// gb2312 is the place of a character, 0 where it has none.
func gb2312(r rune) int {
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(string(r)))
	if err != nil || len(b) != 2 {
		return 0
	}
	return int(b[0])<<8 | int(b[1])
}
