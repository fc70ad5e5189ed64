package gnome

import (
	"encoding/binary"
	"errors"
)

const (
	gvdbHeader   = 24
	gvdbItem     = 24 // bytes
	gvdbMaxDepth = 32 // folders in folders
	gvdbMaxItems = 1 << 20
)

var errGVDB = errors.New("it is not a dconf database")

// gvdbKeys lists the keys that a dconf database has values for: the ones that
// somebody has set, as opposed to those that show their default.
//
// The format is GVDB's, that of GLib: a header, then a hash table whose items
// name their parent and hold a piece of the key.
func gvdbKeys(data []byte) (map[string]bool, error) {
	if len(data) < gvdbHeader || string(data[:8]) != "GVariant" {
		return nil, errGVDB // a database of the other byte order says "raVGtnai"
	}
	// Numbers beyond what any file holds are cut, so that sums cannot overflow.
	u32 := func(at int) int { return int(min(binary.LittleEndian.Uint32(data[at:]), 1<<28)) }
	start, end := u32(16), u32(20)
	if start > end || end > len(data) || end-start < 8 {
		return nil, errGVDB
	}
	bloom, buckets := u32(start)&(1<<27-1), u32(start+4)
	items := start + 8 + 4*bloom + 4*buckets
	if items > end || (end-items)/gvdbItem > gvdbMaxItems {
		return nil, errGVDB
	}
	count := (end - items) / gvdbItem
	piece := func(i int) (name string, parent int, ok bool) {
		at := items + i*gvdbItem
		from, size := u32(at+8), int(binary.LittleEndian.Uint16(data[at+12:]))
		if from > len(data) || size > len(data)-from {
			return "", 0, false
		}
		return string(data[from : from+size]), u32(at + 4), true
	}
	keys := map[string]bool{}
	for i := range count {
		if data[items+i*gvdbItem+14] != 'v' {
			continue
		}
		key, at := "", i
		for depth := 0; ; depth++ {
			name, parent, ok := piece(at)
			if !ok || depth > gvdbMaxDepth {
				return nil, errGVDB
			}
			key = name + key
			if parent >= count { // no parent: 0xffffffff
				break
			}
			at = parent
		}
		keys[key] = true
	}
	return keys, nil
}
