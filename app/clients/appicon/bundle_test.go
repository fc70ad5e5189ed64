package appicon

import (
	"encoding/binary"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func makeICNS(parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, "ic07"...)
		body = append(binary.BigEndian.AppendUint32(body, uint32(8+len(p))), p...)
	}
	return append(binary.BigEndian.AppendUint32([]byte("icns"), uint32(8+len(body))), body...)
}

const infoList = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>CFBundleName</key><string>A</string><key>CFBundleIconFile</key><string>ICON</string></dict></plist>`

// makeBundle writes a bundle whose Info.plist names an icon file.
func makeBundle(t *testing.T, dir, names string, icns []byte) {
	t.Helper()
	resources := filepath.Join(dir, "Contents", "Resources")
	if err := os.MkdirAll(resources, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, b := range map[string][]byte{
		filepath.Join(dir, "Contents", "Info.plist"): []byte(strings.Replace(infoList, "ICON", names, 1)),
		filepath.Join(resources, "app.icns"):         icns,
	} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestIconOfABundle(t *testing.T) {
	dir := t.TempDir()
	slash := filepath.ToSlash(dir)
	makeBundle(t, filepath.Join(dir, "A.app"), "app", makeICNS([]byte("is32, which is not read"), encodePNG(plain(32, blue)),
		encodePNG(plain(128, red))))
	makeBundle(t, filepath.Join(dir, "B.app"), "app.icns", makeICNS(encodePNG(plain(16, red))))
	makeBundle(t, filepath.Join(dir, "C.app"), "../../../B.app/Contents/Resources/app.icns", makeICNS(encodePNG(plain(16, red))))
	makeBundle(t, filepath.Join(dir, "A.app/Contents/Frameworks/Helper.app"), "none", nil)
	makeBundle(t, filepath.Join(dir, "A.app/Contents/Frameworks/Own.app"), "app", makeICNS(encodePNG(plain(16, color.White))))
	icon := fromBundle(slash + "/A.app/Contents/MacOS/A")
	if icon == nil || middle(icon.At(32)) != blue || middle(icon.At(48)) != red {
		t.Fatal("its icon is not found")
	}
	for path, want := range map[string]bool{
		"/B.app/Contents/MacOS/B":                                     true,
		"/A.app/Contents/Frameworks/Helper.app/Contents/MacOS/Helper": true, // that of the app around it
		"/A.app/Contents/Frameworks/Own.app/Contents/MacOS/Own":       true,
		"/C.app/Contents/MacOS/C":                                     false, // no way out of the bundle
		"/A.app":                                                      false,
		"/A.app/other":                                                false,
		"/bin/curl":                                                   false,
		strings.Repeat("/x.app/Contents/", 50) + "A":                  false,
		"/none.app/Contents/MacOS/A":                                  false,
		"/A.app/Contents/MacOS/deeper/x.app/Contents/y.app/Contents/z": true,
	} {
		if got := fromBundle(slash+path) != nil; got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestBadBundles(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "Contents", "Info.plist")
	makeBundle(t, dir, "app", makeICNS(encodePNG(plain(16, red))))
	if iconOfBundle(dir) == nil {
		t.Fatal("there is none")
	}
	for name, b := range map[string]string{
		"empty": "", "binary": "bplist00\xff\xff\xff", "deep": strings.Repeat("(", maxInfoList),
		"large":        infoList + strings.Repeat(" ", maxInfoList),
		"deep XML":     `<plist version="1.0">` + strings.Repeat("<array>", 30_000),
		"another kind": strings.Replace(infoList, "<string>ICON</string>", "<dict/>", 1),
	} {
		if err := os.WriteFile(list, []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
		if iconOfBundle(dir) != nil {
			t.Errorf("%s: there is an icon", name)
		}
	}
}

func TestIconFiles(t *testing.T) {
	small := encodePNG(plain(16, red))
	for name, c := range map[string]struct {
		b    []byte
		want int
	}{
		"two": {makeICNS(small, small), 2}, "empty": {nil, 0}, "another file": {small, 0}, "bare": {makeICNS(), 0},
		"cut in the second": {makeICNS(small, small)[:20+2*len(small)], 1},
		"a length of 0":     {append(makeICNS(small), make([]byte, 100)...), 1},
		"many":              {makeICNS(make([][]byte, 1000)...), 0},
	} {
		if got := len(picturesOfICNS(c.b)); got != c.want {
			t.Errorf("%s: %d pictures", name, got)
		}
	}
	var many [][]byte
	for range 10 * maxElemICNS {
		many = append(many, small)
	}
	if got := len(picturesOfICNS(makeICNS(many...))); got != maxElemICNS {
		t.Errorf("%d pictures of many", got)
	}
}

func FuzzPicturesOfICNS(f *testing.F) {
	f.Add(makeICNS(encodePNG(plain(16, red)), []byte("x")))
	f.Fuzz(func(_ *testing.T, b []byte) { newIcon(picturesOfICNS(b)) })
}
