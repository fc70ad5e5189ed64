package words

import (
	"fmt"
	"time"

	"posthouse/proxy/flow"
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
	return i18n.Fill("why."+string(r.Code), args)
}
