package rules

import (
	"slices"
	"strings"
)

// CrossOrigin is what a request says of the page that makes it (Fetch standard, section 3.2).
// The zero value is no request of another origin.
type CrossOrigin struct {
	Origin  string // as sent
	Method  string // that a preflight asks for, "" for no preflight
	Headers string // that it asks for
	Private bool   // it asks for a network that is nearer than the page's
}

// CrossOriginOf reads it from a request.
func CrossOriginOf(method string, fields []Field) (o CrossOrigin) {
	for _, f := range fields {
		switch strings.ToLower(f.Name) {
		case "origin":
			o.Origin = f.Value
		case "access-control-request-method":
			o.Method = f.Value
		case "access-control-request-headers":
			if o.Headers != "" {
				o.Headers += ","
			}
			o.Headers += f.Value
		case "access-control-request-private-network", "access-control-request-local-network":
			o.Private = o.Private || f.Value == "true"
		}
	}
	if method != "OPTIONS" || o.Origin == "" {
		o.Method = ""
	}
	return o
}

// Preflight reports whether the request asks whether another may be made.
func (o CrossOrigin) Preflight() bool { return o.Method != "" }

// PreflightAnswer allows what a preflight asks for, with credentials, this once.
func (o CrossOrigin) PreflightAnswer() Answered {
	a := Answered{Status: 204}
	add := func(name, value string) { a.Fields = append(a.Fields, Field{Name: name, Value: value, At: -1}) }
	add("Access-Control-Allow-Origin", o.Origin)
	add("Access-Control-Allow-Credentials", "true")
	add("Access-Control-Allow-Methods", o.Method)
	if o.Headers != "" {
		add("Access-Control-Allow-Headers", o.Headers)
	}
	if o.Private {
		add("Access-Control-Allow-Private-Network", "true")
	}
	add("Access-Control-Max-Age", "0")
	add("Vary", "Origin")
	return a
}

// Allow lets the page read a response whole. What the origin said of that gives way; it
// reports whether anything is another way than before.
func (o CrossOrigin) Allow(fields []Field) (out []Field, changed bool) {
	if o.Origin == "" {
		return fields, false
	}
	var names []string
	for _, f := range fields {
		name := strings.ToLower(f.Name)
		if !strings.HasPrefix(name, "access-control-") && name != "set-cookie" && name != "vary" && name[0] != ':' &&
			!slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	out = slices.Clone(fields)
	put := func(name, value string) {
		var did bool
		out, did = set(out, Field{Name: name, Value: value, At: -1})
		changed = changed || did
	}
	put("Access-Control-Allow-Origin", o.Origin)
	put("Access-Control-Allow-Credentials", "true")
	if len(names) > 0 {
		put("Access-Control-Expose-Headers", strings.Join(names, ", "))
	}
	if !varies(out) {
		out, changed = append(out, Field{Name: "Vary", Value: "Origin", At: -1}), true
	}
	return out, changed
}

// varies reports whether caches are told that the response is for one origin.
func varies(fields []Field) bool {
	return slices.ContainsFunc(fields, func(f Field) bool {
		if !strings.EqualFold(f.Name, "Vary") {
			return false
		}
		return slices.ContainsFunc(strings.Split(f.Value, ","), func(part string) bool {
			part = strings.Trim(part, " \t")
			return part == "*" || strings.EqualFold(part, "Origin")
		})
	})
}
