// Package har reads and writes HTTP Archive 1.2, an entry at a time in both directions:
// its memory is that of one exchange, whatever the size of the file.
//
// What is written is what Chrome writes, so that others can read it, and under
// _posthouse, in each entry, what HAR has no place for: with it an exchange comes back
// as it was, to the byte. docs/har.md says what becomes what.
//
// What is read is what browsers, proxies and libraries write, with the faults that they
// are known for. Unknown members are kept (flow.Exchange.Foreign) and written back to
// where they stood.
package har

import "posthouse/proxy/archive"

func init() {
	archive.Register(archive.HAR, archive.Codec{Open: open, Create: create})
}
