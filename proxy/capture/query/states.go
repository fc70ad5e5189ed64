package query

import (
	"slices"
	"strconv"

	"posthouse/proxy/flow"
)

// is are states that have a name.
func is(value string) (func(*flow.Row) bool, string) {
	const allowed = "write one of failed, error, tunnel, websocket, running, local, secure, decrypted, refused, badcert, " +
		"mended, marked, starred, noted, modified, ruled, rulefailed, own, resent"
	names := parts(value)
	if len(names) == 0 {
		return nil, allowed
	}
	var tests []func(*flow.Row) bool
	for _, name := range names {
		s, ok := states[name]
		if !ok {
			return nil, allowed
		}
		tests = append(tests, s.is)
	}
	return func(r *flow.Row) bool {
		for _, test := range tests {
			if test(r) {
				return true
			}
		}
		return false
	}, ""
}

// state is what has a name, and where it is seen.
type state struct {
	sides  Sides
	fields Fields
	is     func(*flow.Row) bool
}

var states = map[string]state{
	"failed":    {SideOutcome, outcomeFields, failed},
	"error":     {SideResponse | SideOutcome, outcomeFields, func(r *flow.Row) bool { return failed(r) || r.Status >= 400 }},
	"tunnel":    {SideRequest, FieldsAlike, func(r *flow.Row) bool { return r.Kind == flow.KindTunnel }},
	"websocket": {SideOutcome, FieldsAlike, func(r *flow.Row) bool { return r.Kind == flow.KindUpgraded }},
	"running":   {SideOutcome, FieldsAlike, func(r *flow.Row) bool { return !r.Phase.Final() }},
	"local":     {SideRequest, FieldsAlike, func(r *flow.Row) bool { return r.Kind == flow.KindLocal }},
	"decrypted": {SideRequest, FieldsAlike, func(r *flow.Row) bool {
		return r.TLS.Outcome == flow.TLSDecrypted || r.TLS.Outcome == flow.TLSBadCertificate
	}},
	"badcert":    {SideResponse, FieldsAlike, func(r *flow.Row) bool { return r.TLS.Problem&^flow.ProblemClientCertificate != 0 }},
	"refused":    {SideOutcome, FieldsAlike, func(r *flow.Row) bool { return r.TLS.Outcome == flow.TLSRefused }},
	"mended":     {SideOutcome, FieldsAlike, func(r *flow.Row) bool { return r.Mended != 0 }},
	"modified":   {SideOutcome, FieldsAlike, (*flow.Row).Modified},
	"ruled":      {SideOutcome, FieldsAlike, func(r *flow.Row) bool { return r.Effects != 0 }},
	"rulefailed": {SideOutcome, FieldsAlike, func(r *flow.Row) bool { return r.Effects&flow.EffectFailed != 0 }},
	"own":        {SideRequest, FieldsOther, func(r *flow.Row) bool { return r.Own }},
	"resent":     {SideRequest, FieldsOther, func(r *flow.Row) bool { return r.Own && r.From != 0 }},
	"marked":     {SidePerson, FieldAnnotation, func(r *flow.Row) bool { return r.Mark != flow.MarkNone }},
	"starred":    {SidePerson, FieldAnnotation, func(r *flow.Row) bool { return r.Star }},
	"noted":      {SidePerson, FieldAnnotation, func(r *flow.Row) bool { return r.Note != "" }},
	"secure":     {SideRequest, FieldsAlike, func(r *flow.Row) bool { return r.TLS.Seen || r.Scheme == "https" }},
}

// outcomeFields are those that tell a failure.
const outcomeFields = FieldsAlike | FieldStatus | FieldsOther

// stateLooks are where the named states are seen, and in which fields.
func stateLooks(value string) (sides Sides, fields Fields) {
	for _, name := range parts(value) {
		sides, fields = sides|states[name].sides, fields|states[name].fields
	}
	return sides, fields
}

// tellsInside reports whether one of the named states is seen in the requests of a tunnel alone.
func tellsInside(value string) bool {
	return slices.ContainsFunc(parts(value), func(name string) bool { return name == "secure" || name == "decrypted" })
}

// mark takes colours.
func mark(value string) (func(*flow.Row) bool, string) {
	const allowed = "write one of red, orange, yellow, green, blue, purple"
	var any [len(flow.Marks) + 1]bool
	names := parts(value)
	for _, name := range names {
		m, ok := flow.ParseMark(name)
		if !ok {
			return nil, allowed
		}
		any[m] = true
	}
	if len(names) == 0 {
		return nil, allowed
	}
	return func(r *flow.Row) bool { return int(r.Mark) < len(any) && any[r.Mark] }, ""
}

// failed leaves out streams that their client ended: so streams end.
func failed(r *flow.Row) bool { return r.Phase == flow.PhaseFailed && !r.LeftStream() }

// from takes the number of the exchange that others were made from.
func from(value string) (func(*flow.Row) bool, string) {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil || n == 0 {
		return nil, "write the number of a request"
	}
	return func(r *flow.Row) bool { return r.From == flow.ID(n) }, ""
}
