package words

import (
	"fmt"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/ui/i18n"
)

// Reason is what happened to an exchange, in a sentence of the language in force, "" for nothing.
func Reason(r flow.Reason) string {
	if r.IsZero() {
		return ""
	}
	args := r.Args()
	for i, arg := range args {
		switch arg := arg.(type) {
		case flow.Reason:
			args[i] = Reason(arg)
		case time.Duration:
			args[i] = arg.String()
		default:
			args[i] = fmt.Sprint(arg)
		}
	}
	key := "why." + string(r.Code)
	switch {
	case !reason.Counted(r.Code):
	case reason.IsOne(r):
		key += ".one"
	default:
		key += ".other"
	}
	return i18n.Fill(key, args)
}
