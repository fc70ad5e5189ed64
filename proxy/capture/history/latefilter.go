package history

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Filters that were left out in haste are made when it is quiet. They lie in a file beside the segment,
// which is left as it is, and each names its block by offset and checksum: a file that is of another
// segment, or of another time, rules nothing out.

const (
	filtersPrefix = "filters-"
	fileFilters   = 6  // kind of file
	frameLate     = 8  // the filter of a block in the segment of the file's number
	lateHead      = 12 // bytes that say of which one: its offset, and the checksum of what is stored of it
)

// filtersName is the file of a segment's late filters.
func (g *segment) filtersName() string {
	return fmt.Sprintf("%s%08d%s", filtersPrefix, g.number, fileSuffix)
}

// filtersOf reads the name of such a file.
func filtersOf(name string) (number uint64, ok bool) {
	rest, ok := strings.CutSuffix(name, fileSuffix)
	digits, is := strings.CutPrefix(rest, filtersPrefix)
	number, err := strconv.ParseUint(digits, 10, 62)
	return number, ok && is && err == nil && number != 0
}

// lateFilter is a filter, and the checksum of its block.
type lateFilter struct {
	place
	of uint32
}

// lateFilters are those that a file has, by the offset of their block. Nil has none.
type lateFilters struct {
	r    io.ReaderAt // nil: only what there is, is known
	name string
	at   map[int64]lateFilter
}

// lateFiltersIn lists the filters of a file, and says where the last one ends. What is damaged is a filter less.
func lateFiltersIn(r io.ReaderAt, size int64, name string) (l *lateFilters, end int64, err error) {
	l = &lateFilters{r: r, name: name, at: map[int64]lateFilter{}}
	var of [lateHead]byte
	end, err = framesOf(r, fileHeadSize, size, func(p place) bool {
		if p.kind != frameLate || p.size < lateHead {
			return true
		}
		if _, err := r.ReadAt(of[:], p.at+frameHeadSize); err == nil {
			l.at[int64(binary.LittleEndian.Uint64(of[:]))] = lateFilter{p, binary.LittleEndian.Uint32(of[8:])}
		}
		return true
	}, func(int64) {})
	return l, end, err
}

// has reports whether there is a filter of a block.
func (l *lateFilters) has(block place) bool {
	if l == nil {
		return false
	}
	f, ok := l.at[block.at]
	return ok && f.of == block.sum
}

// read reads the filter of a block into a buffer, where that is large enough; nil where there is none.
func (l *lateFilters) read(to *scratch, block place) []byte {
	if !l.has(block) {
		return nil
	}
	b, err := payloadIn(to.stored, l.r, l.at[block.at].place, l.name)
	if err != nil {
		return nil
	}
	to.stored = b
	return b[lateHead:]
}

// lateFrame is the frame of a late filter.
func lateFrame(filter []byte, of place) []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, lateHead+len(filter)), uint64(of.at))
	b = append(binary.LittleEndian.AppendUint32(b, of.sum), filter...)
	f := frameHead{kind: frameLate, raw: uint32(len(b)), size: uint32(len(b)), count: of.count, first: of.first, last: of.last,
		oldest: of.oldest, newest: of.newest, sum: checksum(b)}
	return append(f.append(make([]byte, 0, frameHeadSize+len(b))), b...)
}

// openFilters opens the late filters of a segment to read, nil where there are none.
func openFilters(h *History, g *segment) (f *os.File, l *lateFilters) {
	h.mu.Lock()
	none := g.late <= fileHeadSize
	h.mu.Unlock()
	if none {
		return nil, nil
	}
	f, size, err := openRead(filepath.Join(h.folder, g.filtersName()), fileFilters)
	if err == nil {
		l, _, err = lateFiltersIn(f, size, g.filtersName())
	}
	if err != nil {
		if f != nil {
			_ = f.Close()
		}
		return nil, nil // the blocks are looked at
	}
	return f, l
}
