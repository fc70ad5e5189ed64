package flow

import "strings"

// Mended says how an answer broke the rules of HTTP, and what was done so that the
// client got one that keeps them. It is a set: head, chunks and trailers of all
// answers to one request count. The words a person reads live in the ui; Codes are
// used in event lines.
type Mended uint16

const (
	MendedStatusLine    Mended = 1 << iota // spacing or case of the status line
	MendedProtocol                         // it named another protocol (ICY) and was read as HTTP/1.0
	MendedBlankLines                       // empty lines before the status line were left out
	MendedLineEnds                         // lines ended in LF alone; CR LF went on
	MendedColonSpace                       // white space between a field name and its colon was removed
	MendedFolds                            // folded lines were joined with a space
	MendedControls                         // NUL, a lone CR, or any control in the reason phrase became a space
	MendedControlsKept                     // other controls in field values went on as sent
	MendedNamesKept                        // field names with bytes that none may have went on as sent
	MendedDropped                          // lines without a field name or without a colon were left out
	MendedLength                           // Content-Length in another form or repeated; one plain number went on
	MendedLengthDropped                    // Content-Length beside chunked was left out
	MendedCoding                           // Transfer-Encoding in another form; at most one plain "chunked" went on
	MendedChunks                           // the size lines or ends of chunks were written anew
	MendedTrailers                         // the trailer section was written anew
	MendedConnect                          // all this is of the upstream proxy's answer to CONNECT
)

var mendedCodes = [...]string{"status-line", "protocol", "blank-lines", "line-ends", "colon-space", "folds", "controls", "controls-kept",
	"names-kept", "lines-dropped", "length", "length-dropped", "coding", "chunks", "trailers", "connect"}

// Codes are the names of what was mended, in a fixed order.
func (m Mended) Codes() []string {
	var codes []string
	for i, code := range mendedCodes {
		if m&(1<<i) != 0 {
			codes = append(codes, code)
		}
	}
	return codes
}

func (m Mended) String() string { return strings.Join(m.Codes(), ",") }
