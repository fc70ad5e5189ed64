package appicon

import (
	"encoding/binary"
	"errors"
	"image"
	"io"
	"os"

	"posthouse/app/clients/internal/host"
	"posthouse/proxy/bounded"
	"posthouse/proxy/content/raster"
)

// Bounds of what is read of a program file for Windows.
const (
	maxPEHeader     = 64 << 10 // bytes from its start
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

var le = binary.LittleEndian

// fromPE is the icon of a program file for Windows, the one that its folder shows
// there: of the first group in its resources.
func fromPE(path string) *Icon {
	if !host.IsFile(path) {
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
	s, err := openResources(r)
	if err != nil {
		return nil, err
	}
	group, err := s.resource(rtGroupIcon, -1)
	if err != nil {
		return nil, err
	}
	return s.pictures(group)
}

// resources is the section of a program file that has its resources ("PE Format",
// The .rsrc Section). debug/pe would read all symbols before it finds that.
type resources struct {
	io.ReaderAt
	address uint32 // in memory, from which its leaves count
}

func openResources(r io.ReaderAt) (*resources, error) {
	head := make([]byte, maxPEHeader)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if head = head[:n]; n < 64 || string(head[:2]) != "MZ" {
		return nil, errNoIcon
	}
	at := int64(le.Uint32(head[60:]))
	if at+24 > int64(n) || string(head[at:at+4]) != "PE\x00\x00" {
		return nil, errNoIcon
	}
	coff := head[at+4:]
	sections := coff[min(len(coff), 20+int(le.Uint16(coff[16:]))):] // after the optional header
	for count := le.Uint16(coff[2:]); count > 0 && len(sections) >= 40; count, sections = count-1, sections[40:] {
		if string(sections[:8]) == ".rsrc\x00\x00\x00" {
			size, offset := le.Uint32(sections[16:]), le.Uint32(sections[20:])
			return &resources{io.NewSectionReader(r, int64(offset), int64(size)), le.Uint32(sections[12:])}, nil
		}
	}
	return nil, errNoIcon
}

// read reads n bytes at an offset.
func (s *resources) read(at uint32, n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := s.ReadAt(b, int64(at))
	return b, err
}

// resource reads the first resource of a type, or the one with a number: in the
// first of its languages.
func (s *resources) resource(kind, id int) ([]byte, error) {
	at := uint32(0) // the uppermost directory
	for _, want := range []int{kind, id, -1} {
		next, err := s.step(at, want)
		if err != nil {
			return nil, err
		}
		at = next
	}
	leaf, err := s.read(at, 16)
	if err != nil {
		return nil, err
	}
	size := le.Uint32(leaf[4:])
	if size > maxIconResource {
		return nil, bounded.ErrTooLarge
	}
	return s.read(le.Uint32(leaf)-s.address, int(size))
}

const subdirectory = 1 << 31 // marks an offset that leads to a directory

// step looks into the directory at an offset for a number, or for its first entry with -1.
func (s *resources) step(at uint32, want int) (uint32, error) {
	at &^= subdirectory
	head, err := s.read(at, 16)
	if err != nil {
		return 0, err
	}
	entries := int(le.Uint16(head[12:])) + int(le.Uint16(head[14:]))
	if entries > maxDirectory {
		return 0, bounded.ErrTooLarge
	}
	table, err := s.read(at+16, entries*8)
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
func (s *resources) pictures(group []byte) ([]picture, error) {
	if len(group) < 6 {
		return nil, errNoIcon
	}
	type one struct{ bits, id int }
	best := map[int]one{}
	for i := range min(int(le.Uint16(group[4:])), maxGroup, (len(group)-6)/14) {
		e := group[6+14*i:]
		size, bits := max(int(e[0]), int(e[1])), int(le.Uint16(e[6:]))
		if size == 0 {
			size = 256
		}
		if was, ok := best[size]; !ok || bits > was.bits {
			best[size] = one{bits, int(le.Uint16(e[12:]))}
		}
	}
	var all []picture
	for size, p := range best {
		all = append(all, picture{size, func() image.Image {
			b, err := s.resource(rtIcon, p.id)
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
