package saz

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/archive/message"
	"posthouse/proxy/flow"
)

// maxFlags bounds how many of Fiddler's flags are kept of a session.
const maxFlags = 1000

// metadata takes what Fiddler knows of a session: times, addresses, the program, colour
// and comment. What an exchange has no place for is returned.
func (s *Reader) metadata(x *flow.Exchange, text []byte) map[string]any {
	rest := map[string]any{}
	flags := map[string]string{}
	times := map[string]string{}
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	for range maxMeta { // each token takes a byte at least
		token, err := d.RawToken()
		if err != nil {
			break // what came before stands
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "SessionTimers":
			for _, a := range start.Attr {
				times[a.Name.Local] = a.Value
			}
		case "SessionFlag":
			name, value := attribute(start, "N"), attribute(start, "V")
			if name != "" && len(flags) < maxFlags {
				flags[strings.ToLower(name)] = value
			}
		}
	}
	setTimes(x, times)
	setFlags(x, flags)
	if len(flags) > 0 {
		rest["flags"] = flags
	}
	if len(times) > 0 {
		rest["timers"] = times
	}
	return rest
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// setTimes maps Fiddler's timers. The year 1 means that something did not happen.
func setTimes(x *flow.Exchange, times map[string]string) {
	at := func(name string) time.Time {
		t, err := time.Parse("2006-01-02T15:04:05.9999999Z07:00", times[name])
		if err != nil {
			t, err = time.Parse("2006-01-02T15:04:05.9999999", times[name])
		}
		if err != nil || t.Year() < 1970 || t.Year() > 9999 {
			return time.Time{}
		}
		return t.UTC()
	}
	for _, name := range [...]string{"GotRequestHeaders", "ClientBeginRequest", "ClientConnected"} {
		if x.Start = at(name); !x.Start.IsZero() {
			break
		}
	}
	if x.Start.IsZero() {
		return
	}
	if connected := at("ServerConnected"); !connected.Before(x.Start) {
		x.Timing.Connected = message.Since(x.Start, connected)
		if tls, err := strconv.Atoi(times["HTTPSHandshakeTime"]); err == nil && tls > 0 && x.Scheme == "https" {
			dialed := x.Timing.Connected - time.Duration(min(tls, 1<<30))*time.Millisecond
			x.Timing.Dialed = max(dialed, 1)
		}
	}
	if dns, err := strconv.Atoi(times["DNSTime"]); err == nil && dns > 0 && dns < 1<<30 && x.Timing.Connected > 0 {
		x.Timing.Resolved = min(time.Duration(dns)*time.Millisecond, x.Timing.Connected)
	}
	x.Timing.Sent = message.Since(x.Start, at("ServerGotRequest"))
	x.Timing.FirstByte = message.Since(x.Start, at("GotResponseHeaders"))
	if x.Timing.FirstByte == 0 {
		x.Timing.FirstByte = message.Since(x.Start, at("ServerBeginResponse"))
	}
	for _, name := range [...]string{"ClientDoneResponse", "ServerDoneResponse"} {
		if x.Timing.End = message.Since(x.Start, at(name)); x.Timing.End > 0 {
			break
		}
	}
}

// setFlags maps the flags that an exchange has a place for.
func setFlags(x *flow.Exchange, flags map[string]string) {
	number := func(name string) int {
		n, err := strconv.Atoi(flags[name])
		if err != nil {
			return 0
		}
		return n
	}
	x.Client = message.Addr(strings.TrimPrefix(flags["x-clientip"], "::ffff:"), number("x-clientport"))
	port := 80
	if x.Scheme == "https" {
		port = 443
	}
	if at := strings.LastIndexByte(x.Host, ':'); at >= 0 && !strings.HasSuffix(x.Host, "]") {
		if n, err := strconv.Atoi(x.Host[at+1:]); err == nil {
			port = n
		}
	}
	x.Remote = message.Addr(flags["x-hostip"], port)
	if name, pid, ok := strings.Cut(flags["x-processinfo"], ":"); ok {
		n, err := strconv.ParseInt(pid, 10, 32)
		if err == nil && n > 0 {
			x.App, x.AppPID = cut(name, 64), int32(n)
		}
	}
	x.Note = message.Note(flags["ui-comments"])
	x.Mark = message.Colour(flags["ui-color"])
	if x.Mark == flow.MarkNone {
		x.Mark = message.Colour(flags["ui-backcolor"])
	}
	if _, bold := flags["ui-bold"]; bold {
		x.Star = true
	}
}

// cut is the first bytes of a name, as rows have it.
func cut(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(text, "")
}
