// Package reason holds every sentence of the engine: what happened to an exchange, why a
// message was refused, what is wrong with a certificate. Each has a stable code and a
// template in English, from which pages, events and errors are made; the window has its
// own words for each code in both of its languages (a test finds what is missing).
//
// The sentences are filled when the package is loaded and constant afterwards.
package reason

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"posthouse/proxy/flow"
)

// sentences maps each code to its template, in which %s is an argument.
var sentences = map[flow.ReasonCode]string{}

// singular maps the codes of counted sentences to what they say where the count is 1.
var singular = map[flow.ReasonCode]string{}

// say adds a sentence to the table. With a second one it counts: that is said where its first integer is 1.
func say(code flow.ReasonCode, sentence string, one ...string) flow.ReasonCode {
	if _, twice := sentences[code]; twice {
		panic("two sentences have the code " + string(code))
	}
	sentences[code] = sentence
	if len(one) > 0 {
		singular[code] = one[0]
	}
	return code
}

// Codes are all codes, sorted.
func Codes() []flow.ReasonCode { return slices.Sorted(maps.Keys(sentences)) }

// Template is the English sentence of a code with %s for each argument, "" for a code that is unknown.
func Template(code flow.ReasonCode) string { return sentences[code] }

// Counted reports whether a code has another sentence where its first integer is 1.
func Counted(code flow.ReasonCode) bool { return singular[code] != "" }

// IsOne reports whether a reason has such a sentence, and its first integer is 1.
func IsOne(r flow.Reason) bool {
	if !Counted(r.Code) {
		return false
	}
	for _, arg := range r.Args() {
		if n, is := arg.(int64); is {
			return n == 1
		}
	}
	return false
}

// Parts of sentences that are no sentences.
var (
	Text   = say("text", "%s")       // the words of the system, or of a library
	Both   = say("both", "%s; %s")   // two reasons
	Inside = say("inside", "%s: %s") // where, and what
	Origin = say("origin", "origin") // whom a connection leads to
	Client = say("client", "client") // the other end of it
	At     = say("at", "origin %s")  // an origin by its address
	Proxy  = say("upstream-proxy", "upstream proxy %s")
)

// All joins several reasons by Both or Lines, none at all being nothing to say.
func All(by flow.ReasonCode, reasons []flow.Reason) (all flow.Reason) {
	for i, r := range slices.Backward(reasons) {
		if i == len(reasons)-1 {
			all = r
			continue
		}
		all = by.With(r, all)
	}
	return all
}

// English is the sentence of a reason, "" for none.
func English(r flow.Reason) string {
	if r.IsZero() {
		return ""
	}
	template, known := sentences[r.Code]
	if IsOne(r) {
		template = singular[r.Code]
	}
	args := r.Args()
	if !known {
		return fmt.Sprint(append([]any{r.Code}, args...)...)
	}
	if len(args) == 0 && !strings.Contains(template, "%s") {
		return template
	}
	for i, arg := range args {
		if inner, is := arg.(flow.Reason); is {
			args[i] = English(inner)
		} else {
			args[i] = ArgText(arg)
		}
	}
	for n := strings.Count(template, "%s"); len(args) < n; {
		args = append(args, "") // one that was too long
	}
	return fmt.Sprintf(template, args...)
}

// ArgText is an argument that is no reason: the same in every language.
func ArgText(arg any) string {
	if d, is := arg.(time.Duration); is {
		return d.String()
	}
	return fmt.Sprint(arg)
}

// Error is an error that says what happened with a reason. Err, which may be nil, is
// for programs.
type Error struct {
	Why flow.Reason
	Err error
}

// New is an error of a reason.
func New(code flow.ReasonCode, args ...any) *Error { return &Error{Why: code.With(args...)} }

// Wrap is an error of a reason whose last argument is why err came about.
func Wrap(err error, code flow.ReasonCode, args ...any) *Error {
	return &Error{Why: code.With(append(args, Of(err))...), Err: err}
}

func (e *Error) Error() string { return English(e.Why) }
func (e *Error) Unwrap() error { return e.Err }

// Reason is what flow.Explained asks for.
func (e *Error) Reason() flow.Reason { return e.Why }

// Of is the reason of an error: its own, a code of the system's for a common one, or its text.
func Of(err error) flow.Reason { return of(err, pathOf) }

// OfNamed is Of for an error of a file whose name stands beside it already.
func OfNamed(err error) flow.Reason {
	return of(err, func(_ error, code flow.ReasonCode) flow.Reason { return code.With() })
}

// of is the reason of an error; system tells one of the system's.
func of(err error, system func(error, flow.ReasonCode) flow.Reason) flow.Reason {
	for e := err; e != nil; e = errors.Unwrap(e) {
		switch e := e.(type) {
		case flow.Explained:
			return e.Reason()
		case interface{ Unwrap() []error }: // several, as errors.Join has them
			var all []flow.Reason
			for _, one := range e.Unwrap() {
				all = append(all, of(one, system))
			}
			return All(Lines, all)
		}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return Text.With(dns.Error())
	}
	if code := systemCode(err); code != "" {
		return system(err, code)
	}
	return Text.With(rootText(err))
}

// rootText is the innermost text of an error, without the name of the library.
func rootText(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "tls: "), "http2: ")
		}
		err = inner
	}
}

// What the system says of connections and files.
var (
	SystemRefused   = say("system-refused", "connection refused")
	SystemReset     = say("system-reset", "connection reset by peer")
	SystemNoRoute   = say("system-no-route", "no route to host")
	SystemNoNetwork = say("system-no-network", "network is unreachable")
	SystemPipe      = say("system-broken-pipe", "broken pipe")
	SystemTimeout   = say("system-timeout", "i/o timeout")
	SystemDenied    = say("system-permission", "permission denied")
	SystemMissing   = say("system-missing", "no such file or directory")
	SystemNotFolder = say("system-not-folder", "not a directory")
	SystemFolder    = say("system-folder", "is a directory")
	SystemFull      = say("system-full", "no space left on device")
	SystemReadOnly  = say("system-read-only", "read-only file system")
	SystemLongName  = say("system-long-name", "file name too long")

	FileMake = say("file-make", "mkdir %s: %s")
	FileOpen = say("file-open", "open %s: %s")
	FileStat = say("file-stat", "stat %s: %s")
)

// Numbers of Windows for what it tells of connections; no other system has as large ones.
const (
	wsaNetUnreachable  = syscall.Errno(10051)
	wsaConnReset       = syscall.Errno(10054)
	wsaTimedOut        = syscall.Errno(10060)
	wsaRefused         = syscall.Errno(10061)
	wsaHostUnreachable = syscall.Errno(10065)
)

var systemCodes = []struct {
	code flow.ReasonCode
	errs []error
}{
	{SystemRefused, []error{syscall.ECONNREFUSED, wsaRefused}},
	{SystemReset, []error{syscall.ECONNRESET, wsaConnReset}},
	{SystemNoRoute, []error{syscall.EHOSTUNREACH, wsaHostUnreachable}},
	{SystemNoNetwork, []error{syscall.ENETUNREACH, wsaNetUnreachable}},
	{SystemPipe, []error{syscall.EPIPE}},
	{SystemTimeout, []error{os.ErrDeadlineExceeded, syscall.ETIMEDOUT, wsaTimedOut}},
	{SystemDenied, []error{fs.ErrPermission}},
	{SystemMissing, []error{fs.ErrNotExist}},
	{SystemNotFolder, []error{syscall.ENOTDIR}},
	{SystemFolder, []error{syscall.EISDIR}},
	{SystemFull, []error{syscall.ENOSPC}},
	{SystemReadOnly, []error{syscall.EROFS}},
	{SystemLongName, []error{syscall.ENAMETOOLONG}},
}

// systemCode is that of a common error of the system, "" for others.
func systemCode(err error) flow.ReasonCode {
	for _, s := range systemCodes {
		for _, is := range s.errs {
			if errors.Is(err, is) {
				return s.code
			}
		}
	}
	return ""
}

// pathOf adds the file that an error is of.
func pathOf(err error, code flow.ReasonCode) flow.Reason {
	var path *fs.PathError
	if !errors.As(err, &path) {
		return code.With()
	}
	switch path.Op {
	case "mkdir":
		return FileMake.With(path.Path, code)
	case "open":
		return FileOpen.With(path.Path, code)
	case "stat", "lstat":
		return FileStat.With(path.Path, code)
	}
	return Inside.With(path.Path, code)
}
