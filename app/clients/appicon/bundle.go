package appicon

import (
	"fmt"
	"path/filepath"
	"strings"

	"howett.net/plist"

	"posthouse/proxy/bounded"
)

const (
	maxInfoList = 256 << 10 // bytes of an Info.plist
	maxBundles  = 4         // that lie in each other
)

// fromBundle is the icon of the macOS bundle that a program lies in. A helper
// without one has that of the app around it.
func fromBundle(path string) *Icon {
	for n, rest := 0, path; n < maxBundles; n++ {
		at := strings.LastIndex(rest, ".app/Contents/")
		if at < 0 {
			return nil
		}
		if icon := iconOfBundle(path[:at+len(".app")]); icon != nil {
			return icon
		}
		rest = path[:at]
	}
	return nil
}

func iconOfBundle(dir string) *Icon {
	b, err := bounded.ReadFile(filepath.Join(dir, "Contents", "Info.plist"), maxInfoList)
	if err != nil {
		return nil
	}
	var info struct {
		File string `plist:"CFBundleIconFile"`
	}
	if unmarshalList(b, &info) != nil || info.File == "" || filepath.Base(info.File) != info.File {
		return nil
	}
	if filepath.Ext(info.File) == "" {
		info.File += ".icns"
	}
	b, err = bounded.ReadFile(filepath.Join(dir, "Contents", "Resources", info.File), maxICNS)
	if err != nil {
		return nil
	}
	return newIcon(picturesOfICNS(b))
}

// unmarshalList survives a list that the library does not.
func unmarshalList(b []byte, into any) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("reading the list: %v", r)
		}
	}()
	_, err = plist.Unmarshal(b, into)
	return err
}
