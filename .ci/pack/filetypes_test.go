package main

import (
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const (
	appID       = "io.github.posthouse.Posthouse"
	sessionType = "application/vnd.posthouse.session"
	sessionIcon = "application-vnd.posthouse.session"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The type is the same for each system, and known by what docs/history-format.md says.
func TestTheTypeOfSessions(t *testing.T) {
	var info struct {
		Type struct {
			Name string `xml:"type,attr"`
			Icon struct {
				Name string `xml:"name,attr"`
			} `xml:"icon"`
			Magic struct {
				Match struct {
					Offset string `xml:"offset,attr"`
					Value  string `xml:"value,attr"`
					Match  struct {
						Offset string `xml:"offset,attr"`
						Value  string `xml:"value,attr"`
					} `xml:"match"`
				} `xml:"match"`
			} `xml:"magic"`
			Glob struct {
				Pattern string `xml:"pattern,attr"`
			} `xml:"glob"`
		} `xml:"mime-type"`
	}
	if err := xml.Unmarshal([]byte(read(t, "../../assets/linux/"+appID+".mime.xml")), &info); err != nil {
		t.Fatal(err)
	}
	is, match := info.Type, info.Type.Magic.Match
	if is.Name != sessionType || is.Icon.Name != sessionIcon || is.Glob.Pattern != "*.posthouse" || match.Offset != "0" ||
		match.Match.Offset != "10" || match.Match.Value != "5" {
		t.Errorf("it is %+v", is)
	}
	format := read(t, "../../docs/history-format.md")
	for _, want := range []string{"which is `" + match.Value + "`", "| 1 | kind: 1 segment, 2 kept, 3 tail, 4 notes, 5 session, "} {
		if !strings.Contains(format, want) {
			t.Errorf("the format does not have %q", want)
		}
	}
	desktop := read(t, "../../assets/linux/"+appID+".desktop")
	if !strings.Contains(desktop, "\nMimeType="+sessionType+";\n") || !strings.Contains(desktop, "\nExec=posthouse %F\n") {
		t.Errorf("the desktop file has\n%s", desktop)
	}
	if !strings.Contains(read(t, "../../assets/linux/"+appID+".metainfo.xml"), "<mediatype>"+sessionType+"</mediatype>") {
		t.Error("the metadata does not have it")
	}
}

func TestTheTypeOfSessionsOnMacOS(t *testing.T) {
	var opened []struct {
		LSItemContentTypes, CFBundleTypeExtensions            []string
		CFBundleTypeRole, CFBundleTypeIconFile, LSHandlerRank string
	}
	var declared []struct {
		UTTypeIdentifier, UTTypeIconFile string
		UTTypeConformsTo                 []string
		UTTypeTagSpecification           map[string][]string
	}
	for name, into := range map[string]any{"CFBundleDocumentTypes": &opened, "UTExportedTypeDeclarations": &declared} {
		if err := json.Unmarshal([]byte(read(t, "../../assets/macos/"+name+".json")), into); err != nil {
			t.Fatal(name, err)
		}
	}
	if len(opened) != 2 || len(declared) != 1 || opened[0].LSItemContentTypes[0] != declared[0].UTTypeIdentifier ||
		opened[0].CFBundleTypeIconFile != "session.icns" || declared[0].UTTypeIconFile != "session.icns" {
		t.Fatalf("%+v, %+v", opened, declared)
	}
	if others := opened[1]; others.LSHandlerRank != "Alternate" || len(others.CFBundleTypeExtensions) != 2 {
		t.Errorf("files of others are taken from them: %+v", others)
	}
	tags := declared[0].UTTypeTagSpecification
	if tags["public.filename-extension"][0] != "posthouse" || tags["public.mime-type"][0] != sessionType {
		t.Errorf("its tags are %v", tags)
	}
	if script := read(t, "../package"); !strings.Contains(script, "for key in CFBundleDocumentTypes UTExportedTypeDeclarations;") ||
		!strings.Contains(script, "Resources/session.icns") {
		t.Error("the bundle does not get them")
	}
}

func TestIcnsHoldsEachPicture(t *testing.T) {
	out := filepath.Join(t.TempDir(), "x.icns")
	if err := writeIcns(out, "../../assets/png", "session"); err != nil {
		t.Fatal(err)
	}
	icon := read(t, out)
	if icon[:4] != "icns" || int(binary.BigEndian.Uint32([]byte(icon[4:8]))) != len(icon) {
		t.Fatalf("it begins with %q", icon[:8])
	}
	seen := 0
	for at := 8; at < len(icon); seen++ {
		length := int(binary.BigEndian.Uint32([]byte(icon[at+4 : at+8])))
		picture := icon[at+8 : at+length]
		if icon[at:at+4] != icnsTypes[seen].name || !strings.HasPrefix(picture, "\x89PNG") ||
			int(binary.BigEndian.Uint32([]byte(picture[16:20]))) != icnsTypes[seen].size {
			t.Fatalf("picture %d is %q", seen, picture[:20])
		}
		at += length
	}
	if seen != len(icnsTypes) {
		t.Errorf("it has %d pictures", seen)
	}
	if err := writeIcns(out, t.TempDir(), "session"); err == nil {
		t.Error("an icon was made of nothing")
	}
}

// An installed package has files that begin as sessions do known as sessions, and double clicks handed on.
func TestPackagesTellTheTypeOfSessions(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("these are packages for Linux")
	}
	for _, tool := range []string{"xz", "tar", "make", "gzip"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is missing")
		}
	}
	dir := t.TempDir()
	tree, out, prefix := filepath.Join(dir, "tree"), filepath.Join(dir, "out"), filepath.Join(dir, "prefix")
	for _, d := range []string{tree, out, prefix} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	pack := filepath.Join(dir, "pack")
	env := append(os.Environ(), "PACK="+pack, "SOURCE_DATE_EPOCH=1700000000", "LEVEL=1", "XDG_DATA_HOME="+filepath.Join(prefix, "share"))
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Env = env
		text, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, text)
		}
		return string(text)
	}
	run("go", "build", "-buildvcs=false", "-o", pack, ".")
	run("../package-linux", tree, out, "1.2.3", "/bin/true", "/bin/true") // any programs
	tarball := filepath.Join(out, "Posthouse-1.2.3-linux-"+runtime.GOARCH+".tar.xz")
	run("tar", "-C", dir, "-xf", tarball)
	top := filepath.Join(dir, "Posthouse-1.2.3")
	run("make", "-C", top, "install", "PREFIX="+prefix)
	wanted := []string{"share/mime/packages/" + appID + ".xml", "share/applications/" + appID + ".desktop",
		"share/icons/hicolor/scalable/mimetypes/" + sessionIcon + ".svg"}
	for _, size := range []string{"16x16", "32x32", "48x48", "64x64", "128x128", "256x256"} {
		wanted = append(wanted, "share/icons/hicolor/"+size+"/mimetypes/"+sessionIcon+".png")
	}
	for _, name := range wanted {
		if info, err := os.Stat(filepath.Join(prefix, name)); err != nil || info.Size() == 0 || info.Mode().Perm() != 0o644 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if deb, _ := filepath.Glob(filepath.Join(out, "*.deb")); len(deb) == 1 {
		list := run("dpkg-deb", "-c", deb[0])
		for _, name := range wanted {
			if !strings.Contains(list, "./usr/"+name+"\n") {
				t.Errorf("the .deb does not have %s", name)
			}
		}
	}
	askTypes(t, dir, run)
	run("make", "-C", top, "uninstall", "PREFIX="+prefix)
	for _, name := range wanted {
		if _, err := os.Stat(filepath.Join(prefix, name)); err == nil {
			t.Errorf("%s is left", name)
		}
	}
}

// askTypes asks the desktop's own library of what type files are.
func askTypes(t *testing.T, dir string, run func(string, ...string) string) {
	for _, tool := range []string{"gio", "update-mime-database"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Log(tool, "is missing: the types are not asked for")
			return
		}
	}
	head := "\x89POSTHIS\x01\x00\x05\x00" + strings.Repeat("\x00", 20)
	for name, c := range map[string]struct {
		text    string
		session bool
	}{
		"a.posthouse": {head, true}, "without": {head, true}, "segment": {strings.Replace(head, "\x05", "\x01", 1), false},
		"b.har": {"{}", false},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if is := strings.Contains(run("gio", "info", "-a", "standard::content-type", path), sessionType); is != c.session {
			t.Errorf("%s: a session %v", name, is)
		}
	}
}
