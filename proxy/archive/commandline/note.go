package commandline

import (
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// NoteKind is what a note is about.
type NoteKind uint8

const (
	NoteSending  NoteKind = iota + 1 // an option that changes how the request is sent, not what it is
	NoteFile                         // a file is named, and was not read: what it holds is missing
	NoteAuth                         // credentials that are computed while sending (digest, NTLM, AWS)
	NoteGlob                         // the URL has {} or [], for which curl would send several requests
	NoteVariable                     // a variable of the shell, left as it is written
	NoteMore                         // the text has other requests too
)

// Note is what a request does not tell of its command.
type Note struct {
	Kind   NoteKind
	Option string // curl's long name, or that of a parameter, such as "insecure"; "" for none
	Value  string // of the option, or the name of a file or a variable
}

// Reason is the note in a sentence.
func (n Note) Reason() flow.Reason {
	switch n.Kind {
	case NoteSending:
		if n.Value != "" {
			return reason.CommandSending.With("--" + n.Option + " " + n.Value)
		}
		return reason.CommandSending.With("--" + n.Option)
	case NoteFile:
		return reason.CommandFile.With(n.Value)
	case NoteAuth:
		return reason.CommandAuth.With("--" + n.Option)
	case NoteGlob:
		return reason.CommandGlob.With(n.Value)
	case NoteVariable:
		return reason.CommandVariable.With(n.Value)
	}
	return reason.CommandMore.With()
}
