package export

import (
	"encoding/base64"
	"strings"

	"posthouse/proxy/shellquote"
)

const (
	// maxBody bounds the body in a command for sh and PowerShell, in bytes. There
	// it is not an argument, so no limit of the system holds; but no person pastes more.
	maxBody = 1 << 20
	// maxArgument bounds one argument in sh: Linux hands on no more than 128 KiB
	// with its zero at the end (MAX_ARG_STRLEN).
	maxArgument = 128<<10 - 1
	// maxLiteral bounds a body that stands in the command as it is, in bytes.
	maxLiteral = 32 << 10
	// maxConfigLine bounds a line of curl's config file; curl takes 100 KiB.
	maxConfigLine = 64 << 10
	// maxCmdLine is what cmd.exe takes in a line, in UTF-16 units.
	maxCmdLine = 8191
)

// carries reports why a shell's command cannot hold a body, 0 where it can.
func (b *curl) carries(body []byte) NoteKind {
	switch {
	case b.shell == Cmd && !shellquote.ASCII(string(body[:min(len(body), maxCmdLine)])):
		return BodyUnwritable
	case b.shell == Cmd && len(shellquote.Cmd(string(body[:min(len(body), maxCmdLine)]))) > maxCmdLine*3/4, len(body) > maxBody:
		return BodyTooLong
	}
	return 0
}

// writable reports whether a value can be written for the shell.
func (b *curl) writable(value string) bool {
	switch b.shell {
	case Cmd:
		return shellquote.ASCII(value)
	case PowerShell:
		return shellquote.ASCII(strings.ReplaceAll(value, "\t", "")) // config files have an escape for it
	}
	return true
}

// longest is how long a value can be.
func (b *curl) longest() int {
	if b.shell == PowerShell {
		return maxConfigLine
	}
	return maxArgument - 1<<10 // "name: " and room
}

// write makes the command of its parts, "" where it is too long.
func (b *curl) write() string {
	switch b.shell {
	case Cmd:
		return b.writeCmd()
	case PowerShell:
		return b.writePowerShell()
	}
	return b.writeSh()
}

// writeSh puts each field on a line, and what else is long. A body that is short
// and printable stands there. Any other comes through a pipe: no argument can hold
// a NUL or 128 KiB.
func (b *curl) writeSh() string {
	var out shText
	literal := shLiteral(b.content)
	if b.sends && !literal {
		out.printf(b.content)
		out.WriteString(" |\n")
	}
	out.begin("curl")
	for _, o := range b.options {
		out.word(o.sh(), o.short != "-X" && o.long != "url" && !o.bare)
	}
	switch {
	case b.sends && literal:
		out.word("--data-raw "+shellquote.POSIX(string(b.content)), true)
	case b.sends:
		out.word("--data-binary @-", true)
	}
	return out.String()
}

// sh is an option as it stands in a command for sh.
func (o option) sh() string {
	name := o.short
	if name == "" {
		name = "--" + o.long
	}
	switch {
	case o.bare:
		return name
	case o.long == "url":
		return shWord(o.value)
	}
	return name + " " + shWord(o.value)
}

// writeCmd makes one line: a second one would run without the first where it is
// typed instead of pasted.
func (b *curl) writeCmd() string {
	var out strings.Builder
	out.WriteString("curl")
	for _, o := range b.options {
		switch {
		case o.bare, o.long != "url" && o.short == "":
			out.WriteString(" --" + o.long)
		case o.short != "":
			out.WriteString(" " + o.short)
		}
		if !o.bare {
			out.WriteString(" " + shellquote.Cmd(string(o.value)))
		}
	}
	if b.sends {
		out.WriteString(" --data-raw " + shellquote.Cmd(string(b.content)))
	}
	if out.Len() > maxCmdLine {
		return ""
	}
	return out.String()
}

// writePowerShell hands the options to curl as a config file, through a pipe:
// Windows PowerShell 5.1 and PowerShell 7.3 pass a double quote on in different
// ways, so no argument that holds one is right for both, and none may be longer
// than 32,767 characters. All that passes is ASCII, for the pipe's encoding is
// another one in each; the sender's own $OutputEncoding is left alone. A body
// that is not ASCII goes through a file.
func (b *curl) writePowerShell() string {
	var out strings.Builder
	out.WriteString("& { $OutputEncoding = [Text.Encoding]::ASCII\n")
	quoted := configString(b.content)
	file := b.sends && (quoted == "" || len(quoted) > maxConfigLine)
	if file {
		out.WriteString("$body = [IO.Path]::GetTempFileName()\n[IO.File]::WriteAllBytes($body, [Convert]::FromBase64String('")
		for text := base64.StdEncoding.EncodeToString(b.content); text != ""; {
			n := min(len(text), shellquote.MaxTyped)
			out.WriteString("\n" + text[:n])
			text = text[n:]
		}
		out.WriteString("'))\n")
	}
	out.WriteString("@'\n")
	for _, o := range b.options {
		if out.WriteString(o.long); !o.bare {
			out.WriteString(" = " + configString(o.value))
		}
		out.WriteByte('\n')
	}
	if b.sends && !file {
		out.WriteString("data-raw = " + quoted + "\n")
	}
	out.WriteString("'@ | curl.exe -K -")
	if file {
		out.WriteString(" --data-binary \"@$body\"\nRemove-Item -LiteralPath $body")
	}
	return out.String() + " }"
}

// configString is a value in curl's config file, "" where it cannot be in one.
// Each line begins with an option's name, so none can end the here-string.
func configString(value []byte) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, c := range value {
		switch {
		case c == '"' || c == '\\', c == '@' && i > 0 && value[i-1] == '\'':
			b.Write([]byte{'\\', c}) // no '@, wherever a console breaks a long line
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c > '~':
			return ""
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
