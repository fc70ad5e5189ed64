package appicon

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"posthouse/proxy/content/raster"
)

// resource is one that a test puts into a program file.
type resource struct {
	kind, id uint32
	data     []byte
}

// makePE makes a program file of resources, sorted by kind, and nothing else.
func makePE(bits int, all ...resource) []byte {
	const address, offset = 0x1000, 0x400
	optional := map[int]int{32: 96 + 128, 64: 112 + 128}[bits]
	head := make([]byte, offset)
	copy(head, "MZ")
	le.PutUint32(head[60:], 64)
	copy(head[64:], "PE\x00\x00")
	le.PutUint16(head[70:], 1) // sections
	le.PutUint16(head[84:], uint16(optional))
	opt := head[88:]
	le.PutUint16(opt, map[int]uint16{32: 0x10b, 64: 0x20b}[bits])
	le.PutUint32(opt[optional-132:], 16)
	le.PutUint32(opt[optional-128+16:], address)
	body := resourceTree(address, all)
	s := opt[optional:]
	copy(s, ".rsrc")
	le.PutUint32(s[8:], uint32(len(body)))
	le.PutUint32(s[12:], address)
	le.PutUint32(s[16:], uint32(len(body)))
	le.PutUint32(s[20:], offset)
	return append(head, body...)
}

// resourceTree is directories of three levels (kind, number, language), one for each resource.
func resourceTree(address uint32, all []resource) []byte {
	var kinds []uint32
	byKind := map[uint32][]resource{}
	for _, r := range all {
		if byKind[r.kind] == nil {
			kinds = append(kinds, r.kind)
		}
		byKind[r.kind] = append(byKind[r.kind], r)
	}
	var b []byte
	directory := func(entries int) int {
		at := len(b)
		b = append(b, make([]byte, 16+8*entries)...)
		le.PutUint16(b[at+14:], uint16(entries))
		return at
	}
	entry := func(dir, i int, id, leads uint32) {
		le.PutUint32(b[dir+16+8*i:], id)
		le.PutUint32(b[dir+16+8*i+4:], leads)
	}
	root := directory(len(kinds))
	for i, kind := range kinds {
		ids := directory(len(byKind[kind]))
		entry(root, i, kind, subdirectory|uint32(ids))
		for j, r := range byKind[kind] {
			language := directory(1)
			entry(ids, j, r.id, subdirectory|uint32(language))
			leaf := len(b)
			b = append(b, make([]byte, 16)...)
			entry(language, 0, 1033, uint32(leaf))
			le.PutUint32(b[leaf:], address+uint32(len(b)))
			le.PutUint32(b[leaf+4:], uint32(len(r.data)))
			b = append(b, r.data...)
		}
	}
	return b
}

// groupOf is the directory of an icon's pictures: sides, bits and numbers.
func groupOf(all ...[3]int) []byte {
	b := []byte{0, 0, 1, 0, byte(len(all)), 0}
	for _, one := range all {
		e := make([]byte, 14)
		e[0], e[1], e[6], e[12] = byte(one[0]), byte(one[0]), byte(one[1]), byte(one[2])
		b = append(b, e...)
	}
	return b
}

// makeDIB is a bitmap of one color as icons have it, its left half masked out.
func makeDIB(size, bits int, c color.NRGBA) []byte {
	b := make([]byte, 40)
	for at, v := range map[int]int{0: 40, 4: size, 8: 2 * size, 12: 1, 14: bits} {
		le.PutUint32(b[at:], le.Uint32(b[at:])|uint32(v))
	}
	if bits <= 8 {
		for i := range 1 << bits {
			b = append(b, c.B, c.G, c.R*byte(min(i, 1)), 0) // the first one is another
		}
	}
	for range size {
		line := make([]byte, (size*bits+31)/32*4)
		for i := range line {
			switch bits {
			case 24:
				line[i] = [...]byte{c.B, c.G, c.R}[i%3]
			case 32:
				line[i] = [...]byte{c.B, c.G, c.R, c.A}[i%4]
			default:
				line[i] = 0xff
			}
		}
		b = append(b, line...)
	}
	for range size {
		line := make([]byte, (size+31)/32*4)
		for x := range size / 2 {
			line[x/8] |= 0x80 >> (x % 8)
		}
		b = append(b, line...)
	}
	return b
}

func TestBitmaps(t *testing.T) {
	for _, bits := range []int{1, 4, 8, 24, 32} {
		for _, size := range []int{16, 20, 48, 256} {
			c := red
			if bits == 32 {
				c.A = 0 // as in icons from before there was transparency
			}
			m, ok := raster.DIB(makeDIB(size, bits, c)).(*image.NRGBA)
			if !ok || m.Rect.Dx() != size || m.Rect.Dy() != size {
				t.Fatalf("%d bits: it is not decoded", bits)
			}
			for _, at := range []image.Point{{size/2 - 1, 0}, {size / 2, 0}, {size - 1, size - 1}, {0, size - 1}} {
				want := red
				if at.X < size/2 {
					want = color.NRGBA{}
				}
				if got := m.NRGBAAt(at.X, at.Y); got != want {
					t.Errorf("%d bits, %d pixels: %v at %v, want %v", bits, size, got, at, want)
				}
			}
		}
	}
	half := color.NRGBA{R: 255, A: 128}
	if m := raster.DIB(makeDIB(16, 32, half)); m == nil || m.At(0, 0) != half {
		t.Error("where there is transparency the mask counts")
	}
	good := makeDIB(16, 8, red)
	for name, change := range map[string]func([]byte) []byte{
		"cut":        func(b []byte) []byte { return b[:300] },
		"no header":  func(b []byte) []byte { return b[:20] },
		"too wide":   func(b []byte) []byte { le.PutUint32(b[4:], 257); return b },
		"negative":   func(b []byte) []byte { le.PutUint32(b[8:], 1<<31|5); return b },
		"no height":  func(b []byte) []byte { le.PutUint32(b[8:], 1); return b },
		"compressed": func(b []byte) []byte { b[16] = 1; return b },
		"2 bits":     func(b []byte) []byte { b[14] = 2; return b },
	} {
		if raster.DIB(change(bytes.Clone(good))) != nil {
			t.Errorf("%s: it is decoded", name)
		}
	}
	le.PutUint32(good[32:], 1) // one color where pixels name more
	if raster.DIB(good) == nil {
		t.Error("a short palette: it is not decoded")
	}
}

func TestIconOfAWindowsProgram(t *testing.T) {
	for _, bits := range []int{32, 64} {
		exe := makePE(bits,
			resource{rtIcon, 1, makeDIB(16, 8, red)}, resource{rtIcon, 2, makeDIB(32, 4, red)},
			resource{rtIcon, 3, makeDIB(32, 32, blue)}, resource{rtIcon, 4, encodePNG(plain(256, red))},
			resource{rtGroupIcon, 7, groupOf([3]int{16, 8, 1}, [3]int{32, 4, 2}, [3]int{32, 32, 3}, [3]int{0, 32, 4})},
			resource{rtGroupIcon, 9, groupOf([3]int{16, 32, 99})})
		path := filepath.Join(t.TempDir(), "a.exe")
		if err := os.WriteFile(path, exe, 0o600); err != nil {
			t.Fatal(err)
		}
		icon := fromPE(path)
		if icon == nil {
			t.Fatalf("%d bits: no icon", bits)
		}
		for size, want := range map[int]color.NRGBA{16: red, 32: blue, 48: red} {
			if got := middle(icon.At(size)); got != want {
				t.Errorf("%d bits: at %d pixels it is %v", bits, size, got)
			}
		}
		if icon.At(16).RGBAAt(0, 0).A != 0 {
			t.Error("the mask is lost")
		}
	}
}

// A damaged program file has no icon, and does no harm.
func TestBadWindowsPrograms(t *testing.T) {
	good := func() []byte {
		return makePE(64, resource{rtIcon, 1, makeDIB(16, 8, red)}, resource{rtGroupIcon, 7, groupOf([3]int{16, 8, 1})})
	}
	if _, err := iconOfPE(bytes.NewReader(good())); err != nil {
		t.Fatal(err)
	}
	const tree = 0x400
	for name, b := range map[string][]byte{
		"empty":                nil,
		"a script":             []byte("#!/bin/sh\n"),
		"a header far away":    func() []byte { b := good(); le.PutUint32(b[60:], 1<<31); return b }(),
		"no resources":         makePE(64),
		"no icon":              makePE(32, resource{16, 1, []byte("version")}),
		"a directory too long": func() []byte { b := good(); le.PutUint16(b[tree+14:], 65_535); return b }(),
		"a loop":               func() []byte { b := good(); le.PutUint32(b[tree+28:], subdirectory); return b }(),
		"an address beyond":    func() []byte { b := good(); le.PutUint32(b[tree+28:], 1<<31|1<<30); return b }(),
		"a resource too large": makePE(64, resource{rtGroupIcon, 7, make([]byte, maxIconResource+1)}),
	} {
		if _, err := iconOfPE(bytes.NewReader(b)); err == nil {
			t.Errorf("%s: there is an icon", name)
		}
	}
	path := filepath.Join(t.TempDir(), "a.exe")
	_ = os.WriteFile(path, makePE(64, resource{rtGroupIcon, 7, groupOf([3]int{16, 8, 1})}), 0o600)
	if fromPE(path) != nil || fromPE(t.TempDir()) != nil || fromPE("/none") != nil {
		t.Error("there is an icon without a picture")
	}
}

// What the tools of others make is read too.
func TestIconFromWindres(t *testing.T) {
	windres, err := exec.LookPath("x86_64-w64-mingw32-windres")
	cc, err2 := exec.LookPath("x86_64-w64-mingw32-gcc")
	if err != nil || err2 != nil {
		t.Skip("mingw is not installed")
	}
	dir := t.TempDir()
	ico := []byte{0, 0, 1, 0, 2, 0}
	parts := [][]byte{makeDIB(16, 32, red), encodePNG(plain(48, blue))}
	at := uint32(6 + 2*16)
	for i, size := range []byte{16, 48} {
		e := []byte{size, size, 0, 0, 1, 0, 32, 0}
		e = binary.LittleEndian.AppendUint32(e, uint32(len(parts[i])))
		ico = append(ico, binary.LittleEndian.AppendUint32(e, at)...)
		at += uint32(len(parts[i]))
	}
	for name, b := range map[string][]byte{
		"a.ico": append(append(ico, parts[0]...), parts[1]...), "a.rc": []byte("MAIN ICON \"a.ico\"\n"),
		"a.c": []byte("int main(void) { return 0; }\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{windres, "a.rc", "a.o"}, {cc, "a.c", "a.o", "-o", "a.exe"}} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	icon := fromPE(filepath.Join(dir, "a.exe"))
	if icon == nil || middle(icon.At(16)) != red || middle(icon.At(48)) != blue {
		t.Error("its icon is not found")
	}
}

func FuzzIconOfPE(f *testing.F) {
	f.Add(makePE(64, resource{rtIcon, 1, makeDIB(16, 4, red)}, resource{rtGroupIcon, 7, groupOf([3]int{16, 4, 1})}))
	f.Add(makePE(32, resource{rtIcon, 1, encodePNG(plain(16, red))}, resource{rtGroupIcon, 7, groupOf([3]int{16, 32, 1})}))
	f.Fuzz(func(_ *testing.T, b []byte) {
		pictures, err := iconOfPE(bytes.NewReader(b))
		if err == nil {
			newIcon(pictures)
		}
	})
}

func FuzzDecodeDIB(f *testing.F) {
	for _, bits := range []int{1, 4, 8, 24, 32} {
		f.Add(makeDIB(16, bits, red))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m := raster.DIB(b); m != nil && m.Bounds().Dx() > 256 {
			t.Error(fmt.Sprint(m.Bounds()))
		}
	})
}
