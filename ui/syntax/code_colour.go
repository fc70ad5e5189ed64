package syntax

import "strings"

func colourCode(l Language, s State, line string, ended bool, emit Emit) State {
	x := codeLexer{l: l, text: line}
	x.resume(s, 0)
	x.colour(emit)
	if ended {
		x.endLine()
	}
	return x.state(0)
}

// colour reads the rest of the text.
func (x *codeLexer) colour(emit Emit) {
	for x.at < len(x.text) {
		from, after := x.at, x.after
		kind := x.next()
		class := codeClasses[kind]
		if kind == codeWord {
			class = x.wordClass(x.text[from:x.at], after)
		}
		emit(x.at, class)
	}
}

var codeClasses = [...]Class{codeBlank: Text, codeBreak: Text, codeNote: Comment, codeString: String, codeNumber: Number,
	codeRegex: String, codeSign: Text}

func (x *codeLexer) wordClass(word string, after bool) Class {
	switch {
	case x.l == JavaScript && jsWords[word]:
		return Word
	case x.l == CSS && (word[0] == '@' || word == "important"):
		return Word
	case x.l == CSS && !after && isProperty(x.text[x.at:]):
		return Name
	}
	return Text
}

// isProperty tells "color:red" from "a:hover{", by what comes first.
func isProperty(rest string) bool {
	rest = strings.TrimLeft(rest, " ")
	if !strings.HasPrefix(rest, ":") {
		return false
	}
	rest = rest[:min(len(rest), 400)]
	end := strings.IndexAny(rest, ";{}")
	return end < 0 || rest[end] != '{'
}

// jsWords are those of ECMAScript 2025 section 12.7.2 that are worth a colour.
var jsWords = set(`async await break case catch class const continue debugger default delete do else export extends
	false finally for from function if import in instanceof let new null of return static super switch this throw
	true try typeof undefined var void while with yield`)
