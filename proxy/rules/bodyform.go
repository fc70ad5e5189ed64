package rules

import (
	"slices"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// editForm changes parameters of a body that is a form (application/x-www-form-urlencoded in the
// URL standard); all other bytes stay as they are. changed is nil where nothing is another.
func editForm(body []byte, edit *pairs) (changed []byte, why flow.Reason) {
	if slices.ContainsFunc(body, func(c byte) bool { return c <= ' ' || c >= 0x7f }) {
		return nil, reason.RuleForm.With()
	}
	out, ok := edit.apply(string(body), "&", MaxBody)
	switch {
	case !ok || len(out) > MaxBody:
		return nil, reason.RuleBodyGrew.With(MaxBody)
	case out == string(body):
		return nil, flow.Reason{}
	}
	return []byte(out), flow.Reason{}
}
