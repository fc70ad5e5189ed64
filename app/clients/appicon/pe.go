package appicon

import (
	"encoding/binary"
	"errors"
	"image"
	"io"
	"os"

	"posthouse/proxy/content/raster"
)

// Bounds of what is read of a program file for Windows.
const (
	maxPEHeader     = 64 << 10 // bytes from its start
	maxSections     = 96       // what Windows loads
	maxDirectory    = 1024     // entries of one directory of resources
	maxIconResource = 1 << 20  // bytes
	maxGroup        = 64       // pictures of one icon
)

// Types of resources.
const (
	rtIcon      = 3
	rtGroupIcon = 14
)

var errNoIcon = errors.New("no icon")

// fromPE is the icon of a program file for Windows, the one that its folder shows
// there: of the first group in its resources. debug/pe would read all symbols first.
func fromPE(path string) *Icon {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // read only
	pictures, err := iconOfPE(f)
	if err != nil {
		return nil
	}
	return newIcon(pictures)
}

func iconOfPE(r io.ReaderAt) ([]picture, error) {
	pe, err := openPE(r)
	if err != nil {
		return nil, err
	}
	group, err := pe.resource(rtGroupIcon, -1)
	if err != nil {
		return nil, err
	}
	return pe.pictures(group)
}

// peFile finds what is in the resources of a program file ("PE Format", The .rsrc Section).
type peFile struct {
	r        io.ReaderAt
	sections []peSection
	root     uint32 // address of the uppermost directory
}

type peSection struct{ address, size, offset uint32 }

var le = binary.LittleEndian

func openPE(r io.ReaderAt) (*peFile, error) {
	head := make([]byte, maxPEHeader)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	head = head[:n]
	if len(head) < 64 || head[0] != 'M' || head[1] != 'Z' {
		return nil, errNoIcon
	}
	at := int64(le.Uint32(head[60:]))
	if at+24 > int64(len(head)) || string(head[at:at+4]) != "PE\x00\x00" {
		return nil, errNoIcon
	}
	coff := head[at+4:]
	count, optional := int(le.Uint16(coff[2:])), int(le.Uint16(coff[16:]))
	if count > maxSections || 20+optional+count*40 > len(coff) {
		return nil, errNoIcon
	}
	f := &peFile{r: r}
	table := 96 // of directories, in a file for 32 bits
	opt := coff[20 : 20+optional]
	if len(opt) >= 2 && le.Uint16(opt) == 0x20b {
		table = 112
	}
	const resources = 2
	if len(opt) < table+8*(resources+1) || le.Uint32(opt[table-4:]) <= resources {
		return nil, errNoIcon
	}
	if f.root = le.Uint32(opt[table+8*resources:]); f.root == 0 {
		return nil, errNoIcon
	}
	for s := coff[20+optional:]; count > 0; count, s = count-1, s[40:] {
		f.sections = append(f.sections, peSection{address: le.Uint32(s[12:]), size: le.Uint32(s[16:]), offset: le.Uint32(s[20:])})
	}
	return f, nil
}

// read reads n bytes from an address in memory.
func (f *peFile) read(address uint32, n int) ([]byte, error) {
	for _, s := range f.sections {
		if address < s.address || uint64(address)+uint64(n) > uint64(s.address)+uint64(s.size) {
			continue
		}
		b := make([]byte, n)
		if _, err := f.r.ReadAt(b, int64(s.offset)+int64(address-s.address)); err != nil {
			return nil, err
		}
		return b, nil
	}
	return nil, errNoIcon
}

// resource reads the first resource of a type, or the one with a number: in the
// first of its languages.
func (f *peFile) resource(kind, id int) ([]byte, error) {
	at := uint32(0) // from the root
	for _, want := range []int{kind, id, -1} {
		next, err := f.step(at, want)
		if err != nil {
			return nil, err
		}
		at = next
	}
	if at&subdirectory != 0 {
		return nil, errNoIcon
	}
	leaf, err := f.read(f.root+at, 16)
	if err != nil {
		return nil, err
	}
	size := le.Uint32(leaf[4:])
	if size > maxIconResource {
		return nil, errTooLarge
	}
	return f.read(le.Uint32(leaf), int(size))
}

const subdirectory = 1 << 31 // marks an offset that leads to a directory

// step looks into the directory at an offset for a number, or for its first entry with -1.
func (f *peFile) step(at uint32, want int) (uint32, error) {
	at &^= subdirectory
	head, err := f.read(f.root+at, 16)
	if err != nil {
		return 0, err
	}
	entries := int(le.Uint16(head[12:])) + int(le.Uint16(head[14:]))
	if entries > maxDirectory {
		return 0, errTooLarge
	}
	table, err := f.read(f.root+at+16, entries*8)
	if err != nil {
		return 0, err
	}
	for ; len(table) > 0; table = table[8:] {
		if want < 0 || le.Uint32(table) == uint32(want) { // names have the highest bit set
			return le.Uint32(table[4:]), nil
		}
	}
	return 0, errNoIcon
}

// pictures are those of a group: for each size the one with the most colours.
func (f *peFile) pictures(group []byte) ([]picture, error) {
	if len(group) < 6 {
		return nil, errNoIcon
	}
	count := min(int(le.Uint16(group[4:])), maxGroup, (len(group)-6)/14)
	type one struct{ size, bits, id int }
	best := map[int]one{}
	for i := range count {
		e := group[6+14*i:]
		p := one{size: max(int(e[0]), int(e[1])), bits: int(le.Uint16(e[6:])), id: int(le.Uint16(e[12:]))}
		if p.size == 0 {
			p.size = 256
		}
		if was, ok := best[p.size]; !ok || p.bits > was.bits {
			best[p.size] = p
		}
	}
	var all []picture
	for _, p := range best {
		all = append(all, picture{size: p.size, draw: func(int) image.Image {
			b, err := f.resource(rtIcon, p.id)
			if err != nil {
				return nil
			}
			if m := decodePNG(b); m != nil {
				return m
			}
			return raster.DIB(b)
		}})
	}
	return all, nil
}
