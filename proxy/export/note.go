package export

// Note is one thing in which a command differs from the request.
type Note struct {
	Kind   NoteKind
	Fields []string // names of the fields in question, as sent
}

// NoteKind says what differs, and why.
type NoteKind uint8

const (
	BodyIncomplete   NoteKind = iota + 1 // left out: it is not kept whole
	BodyTooLong                          // left out: more than can be pasted into this shell
	BodyUnwritable                       // left out: this shell's line cannot carry its bytes
	BodyOfHead                           // left out: curl sends none with HEAD
	Trailers                             // left out: curl sends none
	FieldsMalformed                      // left out: no field lines by HTTP's syntax
	FieldsUnwritable                     // left out: this shell's line cannot carry their bytes
	FieldsTooLong                        // left out: longer than this shell can hand on
	FieldsLength                         // left out: what they say of the body's length is not so
	ProxyCredentials                     // left out: they were for the proxy
	HeadIncomplete                       // fields at the end are not kept
	TargetEncoded                        // bytes of the target are percent-encoded, which the request did not do
	NoRequest                            // no command: the method or the target is not known, or this shell's line cannot carry it
	CommandTooLong                       // no command: more than this shell takes in a line
)

// Command is a command to paste. Text is "" where none can be made; then a Note
// says why.
type Command struct {
	Text  string
	Notes []Note
}

// notes collects what differs, fields of a kind together.
type notes []Note

func (n *notes) add(kind NoteKind, fields ...string) {
	for i := range *n {
		if (*n)[i].Kind == kind {
			(*n)[i].Fields = append((*n)[i].Fields, fields...)
			return
		}
	}
	*n = append(*n, Note{kind, fields})
}
