package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"posthouse/proxy/flow"
)

// segment is a file of blocks. It grows at its end only, and goes as a whole.
type segment struct {
	number  uint64
	kept    bool  // holds marked exchanges that retention has moved
	size    int64 // bytes
	indexed int64 // up to where its blocks are in the index
	rows    uint64
	first   flow.ID
	last    flow.ID
	oldest  int64 // seconds: when the first began
	newest  int64
	leaving bool // is to be removed, what is marked in it is elsewhere

	late     int64 // bytes of its late filters' file
	filtered int64 // up to where its blocks have filters, as far as is known; the writer's
}

const (
	segmentPrefix = "segment-"
	keptPrefix    = "kept-"
	fileSuffix    = ".posthouse"
	tailFile      = "tail" + fileSuffix
	newSuffix     = ".new" // of what is to take the place of a file
	notesFile     = "notes" + fileSuffix
	lockFile      = "lock"
)

func (g *segment) name() string {
	prefix := segmentPrefix
	if g.kept {
		prefix = keptPrefix
	}
	return fmt.Sprintf("%s%08d%s", prefix, g.number, fileSuffix)
}

func (g *segment) kind() uint8 {
	if g.kept {
		return fileKept
	}
	return fileSegment
}

// include widens what a segment says of itself by a block.
func (g *segment) include(f frameHead) {
	if f.count == 0 {
		return
	}
	if g.last == 0 {
		g.first, g.oldest, g.newest = f.first, f.oldest, f.newest
	}
	g.first, g.last = min(g.first, f.first), max(g.last, f.last)
	g.oldest, g.newest = min(g.oldest, f.oldest), max(g.newest, f.newest)
}

// segmentOf reads the name of a segment.
func segmentOf(name string) (number uint64, kept, ok bool) {
	rest, ok := strings.CutSuffix(name, fileSuffix)
	digits, isSegment := strings.CutPrefix(rest, segmentPrefix)
	digits, kept = strings.CutPrefix(digits, keptPrefix)
	number, err := strconv.ParseUint(digits, 10, 62)
	return number, kept, ok && err == nil && isSegment != kept && number != 0
}

// listSegments reads the folder; other files are left alone.
func listSegments(folder string) (all []*segment, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	late := map[uint64]int64{}
	for _, e := range entries {
		number, isKept, ok := segmentOf(e.Name())
		ofFilters, isFilters := filtersOf(e.Name())
		if !ok && !isFilters || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if isFilters {
			late[ofFilters] = info.Size()
			continue
		}
		all = append(all, &segment{number: number, kept: isKept, size: info.Size()})
	}
	for _, g := range all {
		g.late = late[g.number]
	}
	slices.SortFunc(all, func(a, b *segment) int {
		if a.number < b.number {
			return -1
		}
		return 1
	})
	return all, nil
}

// growing is a file that is written at its end.
type growing struct {
	file file
	path string
	size int64 // of what is whole
	torn bool  // a write failed and what it left could not be cut off
}

// file is what is written of an os.File; tests put one that fails in its place.
type file interface {
	WriteAt(p []byte, at int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// openFile opens or makes a file.
var openFile = func(path string) (file, int64, error) {
	if err := checkRegular(path); err != nil {
		return nil, 0, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// openGrowing opens a file to write on at its end, making it with a head. A damaged head of
// the tail or the notes is made anew, so that it is told once; segments are left as they are.
func openGrowing(folder, name string, kind uint8, number uint64) (*growing, error) {
	path := filepath.Join(folder, name)
	f, size, err := openFile(path)
	if err != nil {
		return nil, err
	}
	g := &growing{file: f, path: path, size: size}
	if size < fileHeadSize {
		g.size = 0
		if err := g.append(fileHead(kind, number)); err != nil {
			_ = f.Close()
			return nil, err
		}
	} else if kind == fileTail || kind == fileNotes {
		if err := g.heal(kind); err != nil {
			_ = f.Close()
			return nil, err
		}
	}
	return g, nil
}

// heal writes a head over one that is damaged.
func (g *growing) heal(kind uint8) error {
	f, _, err := openRead(g.path, kind)
	if f == nil {
		return err
	}
	_ = f.Close()
	if err == nil {
		return nil
	}
	if _, err = g.file.WriteAt(fileHead(kind, 0), 0); err != nil {
		return err
	}
	return g.file.Sync()
}

// append writes at the end, whole or not at all as far as the system lets it.
func (g *growing) append(b []byte) error {
	if g.torn {
		if err := g.file.Truncate(g.size); err != nil {
			return err
		}
		g.torn = false
	}
	if _, err := g.file.WriteAt(b, g.size); err != nil {
		g.torn = g.file.Truncate(g.size) != nil
		return err
	}
	g.size += int64(len(b))
	return nil
}

// reset empties the file but for its head.
func (g *growing) reset() error {
	if err := g.file.Truncate(fileHeadSize); err != nil {
		return err
	}
	g.size, g.torn = fileHeadSize, false
	return nil
}

func (g *growing) close() error {
	if g == nil {
		return nil
	}
	if g.torn {
		_ = g.file.Truncate(g.size)
	}
	return g.file.Close()
}
