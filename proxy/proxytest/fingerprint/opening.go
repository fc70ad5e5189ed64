package fingerprint

import (
	"fmt"
	"strings"

	"golang.org/x/net/http2"

	"posthouse/proxy/proxytest/h2test"
)

// Opening is how a client opens HTTP/2: what comes through its first request's head.
type Opening struct {
	Settings   []http2.Setting // of the first frame, in order
	Window     uint32          // of the connection's first WINDOW_UPDATE; 0 for none
	Priorities []string        // PRIORITY frames, "stream:exclusive:dependency:weight"
	Head       string          // the first HEADERS' priority fields in the same form; "" for none
	Pseudo     string          // the order of pseudo-header fields, such as "m,a,s,p"
	Frames     []string        // names of all frames, in order
}

func (o *Opening) note(f h2test.Frame) {
	o.Frames = append(o.Frames, f.Type.String())
	switch f.Type {
	case http2.FrameSettings:
		if len(o.Frames) == 1 {
			o.Settings = f.Settings()
		}
	case http2.FrameWindowUpdate:
		if f.Stream == 0 && o.Window == 0 {
			o.Window = f.Increment()
		}
	case http2.FramePriority:
		if p, has := f.Priority(); has {
			o.Priorities = append(o.Priorities, priority(f.Stream, p))
		}
	case http2.FrameHeaders:
		if p, has := f.Priority(); has {
			o.Head = priority(f.Stream, p)
		}
		var order []string
		for _, field := range f.Fields {
			if strings.HasPrefix(field.Name, ":") && len(field.Name) > 1 {
				order = append(order, field.Name[1:2])
			}
		}
		o.Pseudo = strings.Join(order, ",")
	}
}

func priority(stream uint32, p http2.PriorityParam) string {
	exclusive := 0
	if p.Exclusive {
		exclusive = 1
	}
	return fmt.Sprintf("%d:%d:%d:%d", stream, exclusive, p.StreamDep, int(p.Weight)+1)
}

// Akamai is the opening in the form that Akamai's paper on passive fingerprinting has,
// "SETTINGS|WINDOW_UPDATE|PRIORITY|pseudo-header fields", and behind it the head's priority.
func (o *Opening) Akamai() string {
	settings := make([]string, len(o.Settings))
	for i, s := range o.Settings {
		settings[i] = fmt.Sprintf("%d:%d", uint16(s.ID), s.Val)
	}
	window, priorities := "00", "0"
	if o.Window > 0 {
		window = fmt.Sprint(o.Window)
	}
	if len(o.Priorities) > 0 {
		priorities = strings.Join(o.Priorities, ",")
	}
	text := strings.Join([]string{strings.Join(settings, ";"), window, priorities, o.Pseudo}, "|")
	if o.Head != "" {
		text += " head " + o.Head
	}
	return text
}
