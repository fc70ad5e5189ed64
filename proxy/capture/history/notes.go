package history

import (
	"cmp"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"posthouse/proxy/flow"
)

// Notes are what became of exchanges after they were written: marks and deletions. They lie
// in a file of their own, which retention does not take parts of, so that the index can be
// made again whatever has left.

const (
	frameDeleted = 6 // removed IDs, in ranges
	frameUnkept  = 7 // the ID from which on exchanges are kept until quit; 0 for none
)

var noteFields = slices.Concat(ownFields[:1], ownFields[len(ownFields)-3:])

// notes is what a file of notes says in the end.
type notes struct {
	marks   map[flow.ID]flow.Annotation // none: the mark was taken off
	deleted []Range                     // rising, apart from each other
	unkept  flow.ID
}

func appendNote(b []byte, id flow.ID, a flow.Annotation) []byte {
	var e encoder
	e.put(noteFields, &flow.Exchange{Row: flow.Row{ID: id, Annotation: a}})
	b = binary.LittleEndian.AppendUint32(b, uint32(len(e.b)))
	return append(b, e.b...)
}

func appendRanges(b []byte, all []Range) []byte {
	for _, r := range all {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(r.First)), uint64(r.Last-r.First))
	}
	return b
}

// frames are a whole file of notes.
func (n *notes) frames() (all [][]byte) {
	var b []byte
	count := 0
	flush := func() {
		if count > 0 {
			all = append(all, storedFrame(frameNotes, count, b))
		}
		b, count = nil, 0
	}
	for id, a := range n.marks {
		b = appendNote(b, id, a)
		if count++; len(b) >= blockSize {
			flush()
		}
	}
	flush()
	if n.unkept != 0 {
		all = append(all, unkeptFrame(n.unkept))
	}
	for some := range slices.Chunk(n.deleted, 4096) {
		all = append(all, storedFrame(frameDeleted, len(some), appendRanges(nil, some)))
	}
	return all
}

func unkeptFrame(from flow.ID) []byte {
	return storedFrame(frameUnkept, 1, binary.AppendUvarint(nil, uint64(from)))
}

// storedFrame is a whole frame, stored as it is.
func storedFrame(kind uint8, count int, b []byte) []byte {
	f := frameHead{kind: kind, raw: uint32(len(b)), size: uint32(len(b)), count: uint32(count), sum: checksum(b)}
	return append(f.append(make([]byte, 0, frameHeadSize+len(b))), b...)
}

// rangesOf makes ranges of IDs.
func rangesOf(ids []flow.ID) (all []Range) {
	ids = slices.Sorted(slices.Values(ids))
	for _, id := range ids {
		if n := len(all); n > 0 && all[n-1].Last+1 >= id {
			all[n-1].Last = id
			continue
		}
		all = append(all, Range{id, id})
	}
	return all
}

// add takes in a frame of notes.
func (n *notes) add(kind uint8, b []byte) error {
	switch kind {
	case frameNotes:
		return eachRecord(b, func(_ int, x *flow.Exchange) bool {
			n.marks[x.ID] = cleanAnnotation(x.Annotation)
			return true
		})
	case frameUnkept:
		from, m := binary.Uvarint(b)
		if m <= 0 {
			return errRecord
		}
		n.unkept = flow.ID(from)
	case frameDeleted:
		for len(b) > 0 {
			first, m := binary.Uvarint(b)
			if m <= 0 {
				return errRecord
			}
			more, k := binary.Uvarint(b[m:])
			if k <= 0 || first+more < first {
				return errRecord
			}
			b = b[m+k:]
			n.deleted = append(n.deleted, Range{flow.ID(first), flow.ID(first + more)})
		}
	}
	return nil
}

func (n *notes) isDeleted(id flow.ID) bool {
	_, is := slices.BinarySearchFunc(n.deleted, id, func(r Range, id flow.ID) int {
		switch {
		case r.Last < id:
			return -1
		case r.First > id:
			return 1
		}
		return 0
	})
	return is
}

// join sorts ranges and joins those that touch.
func join(all []Range) []Range {
	slices.SortFunc(all, func(a, b Range) int { return cmp.Compare(a.First, b.First) })
	joined := all[:0]
	for _, r := range all {
		if n := len(joined); n > 0 && joined[n-1].Last+1 >= r.First {
			joined[n-1].Last = max(joined[n-1].Last, r.Last)
			continue
		}
		joined = append(joined, r)
	}
	return joined
}

// readNotes reads the file of notes; damaged parts are told.
func readNotes(folder string, damaged func(name string, at int64, err error)) (*notes, error) {
	n := &notes{marks: map[flow.ID]flow.Annotation{}}
	path := filepath.Join(folder, notesFile)
	f, size, err := openRead(path, fileNotes)
	if os.IsNotExist(err) {
		return n, nil
	}
	if f == nil {
		return n, err
	}
	defer func() { _ = f.Close() }()
	if err != nil {
		damaged(notesFile, 0, err)
	}
	end, err := framesOf(f, fileHeadSize, size, func(p place) bool {
		b, err := payload(f, p, path)
		if err == nil {
			err = n.add(p.kind, b)
		}
		if err != nil {
			damaged(notesFile, p.at, err)
		}
		return true
	}, func(at int64) {
		if !tornAt(f, at, size) {
			damaged(notesFile, at, errGap)
		}
	})
	n.deleted = join(n.deleted)
	if err == nil && tornAt(f, end, size) {
		err = os.Truncate(path, end) // what is appended would be taken for the rest of it
	}
	return n, err
}

// openRead opens a file to read and checks its head. A file that ends inside its head is
// one that was just made. One whose head is damaged is opened, beside the DamagedError: its
// frames are found all the same.
func openRead(path string, kind uint8) (*os.File, int64, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() >= fileHeadSize {
		err = checkFileHead(f, path, kind)
	}
	var damaged *DamagedError
	if err != nil && !errors.As(err, &damaged) {
		_ = f.Close()
		return nil, 0, err
	}
	return f, info.Size(), err
}

// cleanAnnotation is one whose bounds hold, whatever a file says.
func cleanAnnotation(a flow.Annotation) flow.Annotation {
	if int(a.Mark) > len(flow.Marks) {
		a.Mark = flow.MarkNone
	}
	a.Note = cutNote(a.Note)
	return a
}
