package rules

import (
	"slices"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// A method says how a message is framed, too: the response to HEAD has no body, CONNECT makes a
// tunnel, and TRACE and others have requests without a body (RFC 9110 section 9.3). So a rule
// changes no method into one of these, or out of it.

// fixedMethods are neither changed nor made.
var fixedMethods = []string{"CONNECT", "HEAD", "TRACE", "PRI"}

// bodiless are methods whose requests are not sent with a body by rules: what a body means there is
// not defined (RFC 9110 section 9.3), and programs differ in whether they read one.
var bodiless = []string{"GET", "DELETE", "OPTIONS"}

// LosesBody reports whether rules made a method one that they send no body with.
func LosesBody(asked, method string) bool {
	return asked != method && slices.Contains(bodiless, method)
}

// lengthened are methods whose requests say their length, be it 0 (RFC 9110 section 8.6).
var lengthened = []string{"POST", "PUT", "PATCH"}

// readMethod reads what a request's method becomes.
func readMethod(e *Edit, response bool) (string, flow.Reason) {
	switch {
	case e.Method == "":
		return "", flow.Reason{}
	case response:
		return "", reason.RuleUnknown.With("response.method")
	case !isToken(e.Method), slices.Contains(fixedMethods, strings.ToUpper(e.Method)):
		return "", reason.RuleMethod.With(e.Method)
	}
	return e.Method, flow.Reason{}
}

// EditMethod is the method that a request is to have. body says whether it has a body, and upgrade
// whether it asks for another protocol. The fields are those that it has; empty reports whether it
// has to say that its length is 0.
func (c *Compiled) EditMethod(method string, body, upgrade bool) (to string, empty bool, why flow.Reason) {
	to = c.request.method
	switch {
	case to == "" || to == method:
		return method, false, why
	case upgrade || slices.Contains(fixedMethods, method):
		return method, false, reason.RuleMethodFixed.With(method)
	case body && slices.Contains(bodiless, to):
		return method, false, reason.RuleMethodBody.With(to)
	}
	return to, !body && slices.Contains(lengthened, to), why
}
