package export

import (
	"iter"
	"strings"

	"posthouse/proxy/flow"
)

// Form is what an exchange can be copied as. The words a person reads live in the
// ui; String gives a stable name.
type Form uint8

const (
	CurlSh Form = iota
	CurlPowerShell
	CurlCmd
	Wget
	HTTPie
	FetchBrowser
	FetchNode
	Requests
	HTTPX
	GoHTTP
	Raw      // the request as HTTP/1 has it
	Markdown // request and answer, to be read
	HAR      // request and answer as an entry of a HAR; of several, a HAR
	formCount
)

var formNames = [...]string{"curl.sh", "curl.powershell", "curl.cmd", "wget", "httpie", "fetch.browser", "fetch.node", "requests", "httpx",
	"go", "raw", "markdown", "har"}

func (f Form) String() string {
	if int(f) < len(formNames) {
		return formNames[f]
	}
	return "unknown"
}

// Forms are all, in the order in which a person on a system (a GOOS) would want
// them offered: the first is the one to take where none was asked for.
func Forms(goos string) []Form {
	var all []Form
	for _, s := range Shells(goos) {
		all = append(all, curlForms[s])
	}
	for f := Wget; f < formCount; f++ {
		all = append(all, f)
	}
	return all
}

var curlForms = map[Shell]Form{Sh: CurlSh, Cmd: CurlCmd, PowerShell: CurlPowerShell}

// OfTunnel reports whether the form can be written of what is no request that
// passed, such as a tunnel.
func (f Form) OfTunnel() bool { return f == Markdown || f == HAR }

// Several reports whether copies of several exchanges can stand one behind the
// other: a program in Go has one main.
func (f Form) Several() bool { return f != GoHTTP && f != Raw }

// MaxText bounds the copy of several exchanges, in bytes: a clipboard is handed all
// of it while the window stands still.
const MaxText = 16 << 20

var mostText = MaxText // tests make it less

// Of is a copy of one exchange, which may have been masked before.
func Of(x *flow.Exchange, f Form) Copy {
	switch f {
	case CurlSh:
		return Curl(x, Sh)
	case CurlPowerShell:
		return Curl(x, PowerShell)
	case CurlCmd:
		return Curl(x, Cmd)
	case Wget:
		return writeWget(x)
	case HTTPie:
		return writeHTTPie(x)
	case FetchBrowser:
		return writeFetch(x, &browser)
	case FetchNode:
		return writeFetch(x, &nodeJS)
	case Requests:
		return writeRequests(x)
	case HTTPX:
		return writeHTTPX(x)
	case GoHTTP:
		return writeGo(x)
	case Raw:
		return writeRaw(x)
	case Markdown:
		return writeMarkdown(x)
	case HAR:
		return writeEntry(x)
	}
	return none(NoRequest)
}

// Each is a copy of several exchanges, one behind the other, with what is to be said
// of all of them. It is no longer than MaxText. A form that can stand for one alone
// is made of the first.
func Each(all iter.Seq[*flow.Exchange], f Form) Copy {
	if f == HAR {
		return writeHAR(all)
	}
	var out strings.Builder
	var said, failed notes
	for x := range all {
		one := Of(x, f)
		switch {
		case one.Text == "":
			failed = one.Notes
			continue
		case out.Len()+len(f.between())+len(one.Text) > mostText:
			said.add(ManyTooLong)
		default:
			if out.Len() > 0 {
				out.WriteString(f.between())
			}
			out.WriteString(one.Text)
			for _, n := range one.Notes {
				said.add(n.Kind, n.Fields...)
			}
			if f.Several() {
				continue
			}
		}
		break
	}
	if out.Len() == 0 && len(said) == 0 {
		return Copy{Notes: failed}
	}
	if failed != nil {
		said.add(SomeLeftOut)
	}
	return Copy{out.String(), said}
}

// between is what stands between two copies.
func (f Form) between() string {
	switch f {
	case CurlSh, CurlPowerShell, CurlCmd, Wget, HTTPie:
		return "\n"
	}
	return "\n\n"
}
