package export

import "slices"

// Note is one thing in which a copy differs from the request.
type Note struct {
	Kind   NoteKind
	Fields []string // names of the fields in question, as sent
}

// NoteKind says what differs, and why.
type NoteKind uint8

const (
	BodyIncomplete   NoteKind = iota + 1 // left out: it is not kept whole
	BodyTooLong                          // left out: more than can be pasted in this form
	BodyUnwritable                       // left out: this shell's line cannot carry its bytes
	BodyNotText                          // left out: this form is text, and the body is not
	BodyRefused                          // left out: the program sends none with this method
	Trailers                             // left out: the program sends none
	FieldsMalformed                      // left out: no field lines by HTTP's syntax
	FieldsUnwritable                     // left out: this form cannot carry their bytes, or the program refuses them
	FieldsTooLong                        // left out: longer than this shell can hand on
	FieldsLength                         // left out: what they say of the body's length is not so
	FieldsRefused                        // left out: the program sets them itself, in another way, or sends none
	FieldsJoined                         // joined: the program sends one line of a name
	FieldsAdded                          // the program adds them
	ProxyCredentials                     // left out: they were for the proxy
	HeadIncomplete                       // fields at the end are not kept
	TargetEncoded                        // bytes of the target are percent-encoded, which the request did not do
	TargetChanged                        // the program may send the target in another spelling
	NoRequest                            // nothing: the method or the target is not known, or this form cannot carry it
	CommandTooLong                       // nothing: more than this shell takes in a line
	SomeLeftOut                          // of several, those that no copy can be made of
	ManyTooLong                          // of several, those beyond MaxText
	lastNoteKind                         // ends them
)

// NoteKinds are all kinds of notes.
func NoteKinds() []NoteKind {
	var all []NoteKind
	for kind := BodyIncomplete; kind < lastNoteKind; kind++ {
		all = append(all, kind)
	}
	return all
}

// Copy is a text to paste. Text is "" where none can be made; then a Note says why.
type Copy struct {
	Text  string
	Notes []Note
}

func none(why NoteKind) Copy { return Copy{Notes: []Note{{Kind: why}}} }

// notes collects what differs, fields of a kind together.
type notes []Note

func (n *notes) add(kind NoteKind, fields ...string) {
	for i := range *n {
		if (*n)[i].Kind == kind {
			for _, name := range fields {
				if !slices.Contains((*n)[i].Fields, name) {
					(*n)[i].Fields = append((*n)[i].Fields, name)
				}
			}
			return
		}
	}
	*n = append(*n, Note{kind, fields})
}
