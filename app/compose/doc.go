// Package compose holds requests while a person writes them: a head as the bytes that are
// sent, which can be edited as a table too, a body as text, form, multipart or file, and how
// it is to be sent. It recognises what is pasted (a command for curl or PowerShell, a message,
// a URL), says what of a request is stale or can be read in two ways, and keeps the requests
// in a file.
//
// What is not edited stays byte for byte: a table is made of the bytes of the head and gives
// them back. A Draft belongs to one goroutine; Clone gives another its own.
package compose

import "errors"

// Bounds of what is kept, in bytes where nothing else is said.
const (
	MaxTabs    = 32       // drafts in a file
	MaxKept    = 8 << 20  // the bodies and heads of all drafts in a file
	MaxHead    = 1 << 20  // a head
	MaxBody    = 64 << 20 // a body in memory; a file may be longer
	MaxMessage = 16 << 20 // a message for a WebSocket
	MaxLines   = 2000     // lines of a head, pairs of a form, parts of a multipart body in a table
)

// Why an edit in a table is refused.
var (
	ErrLineEnd = errors.New("a line end or NUL") // it would begin another field
	ErrName    = errors.New("a colon in a name") // the name would end there
	ErrFolded  = errors.New("folded")            // what stands there can be edited in the raw text alone
	ErrLong    = errors.New("too long")          // beyond MaxHead or MaxBody
)
