package rules

import (
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// What becomes of a request that a rule would answer and cannot.
const (
	MissingPass  = "pass"  // it goes on as if the rule answered nothing; so it does where nothing is said
	MissingError = "error" // it is answered with 404 or 500, and the origin hears nothing of it
)

// mayPass reports whether a request goes on where there is nothing to answer it with; a may be nil.
func (a *Answer) mayPass() bool { return a.ReadsDisk() && a.Missing != MissingError }

// Looks reports whether Passes waits for the disk, of a rule that answers.
func (c *Compiled) Looks(asked *Asked) bool {
	a := c.Rule.Answer
	return a.mayPass() && (a.Folder == "" || asked.reads())
}

// Name is the file or the folder that an answer lies in.
func (a *Answer) Name() string { return a.File + a.Folder + a.Message }

func (a *Answer) checkMissing() flow.Reason {
	switch {
	case a.Missing != "" && a.Missing != MissingPass && a.Missing != MissingError:
		return reason.RuleMissingWord.With(a.Missing)
	case a.Missing != "" && !a.ReadsDisk():
		return reason.RuleMissingNothing.With()
	}
	return flow.Reason{}
}

// Passes says why a request goes on although a rule that answers applies to it; the zero Reason where
// it does not. failed says that the rule could not do its work; or else its folder has nothing for this
// request, as one of overrides has nothing for most. It waits for the disk.
func (s *Set) Passes(c *Compiled, asked *Asked) (why flow.Reason, failed bool) {
	a := c.Rule.Answer
	switch {
	case !a.mayPass():
		return flow.Reason{}, false
	case a.Folder != "" && !asked.reads():
		return reason.RulePasses.With(c.Label(), asked.Method), false
	}
	out, problem := s.Answer(c, asked)
	if out.File != nil {
		_ = out.File.Close() // read only
	}
	switch {
	case !problem.IsZero():
		return reason.RuleFailed.With(c.Label(), problem), true
	case out.Absent != "":
		return reason.RulePasses.With(c.Label(), out.Absent), false
	}
	return flow.Reason{}, false
}

// answersAlways reports whether a rule answers or blocks each request that it applies to.
func answersAlways(c *Compiled, passes func(*Compiled) bool) bool {
	switch {
	case c.Block != "":
		return true
	case c.Answer == nil || c.Answer.Folder != "" && c.Answer.mayPass():
		return false
	}
	return !passes(c)
}
