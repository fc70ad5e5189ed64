package reason

// What became of a message that was to wait for a person. Each has the name of its breakpoint
// first, then which message it is.
var (
	BreakUnchanged = say("break-unchanged", "At the breakpoint %s, %s waited for %s and went on unchanged.")
	BreakEdited    = say("break-edited", "At the breakpoint %s, %s waited for %s and went on as it was edited.")
	BreakRaw       = say("break-raw", "At the breakpoint %s, %s waited for %s and was sent as it was typed, unchecked.")
	BreakAnswered  = say("break-answered", "At the breakpoint %s, %s waited for %s and was answered by hand.")
	BreakAborted   = say("break-aborted", "At the breakpoint %s, %s waited for %s and was aborted.")
	BreakLate      = say("break-late", "At the breakpoint %s, %s waited for %s; as that was too long, the original went on.")
	BreakLeft      = say("break-left", "At the breakpoint %s, %s waited for %s until the client left.")
	BreakStopped   = say("break-stopped", "At the breakpoint %s, %s waited for %s until Posthouse stopped, and went on unchanged.")
	BreakPassed    = say("break-passed", "At the breakpoint %s, %s did not wait: %s.")
	BreakBehind    = say("break-behind", "At the breakpoint %s, %s waited without its body, which passed as it came: %s.")
	BreakRules     = say("break-rules", "At the breakpoint %s, %s got a body by hand, which rules for bodies did not change.")
	BreakLength    = say("break-length", "At the breakpoint %s, %s got the Content-Length that its body has.")

	BreakDropped = say("break-dropped", "At the breakpoint %s, the answer went without what was written of %s: Posthouse says that itself.")
	BreakPhrase  = say("break-phrase", "At the breakpoint %s, the answer went without the words behind its status: %s.")

	BreakNext        = say("break-next", "for the next request")
	BreakTheRequest  = say("break-request", "the request")
	BreakTheResponse = say("break-response", "the response")
)

// Why a message does not wait, or its body cannot be edited: parts of sentences.
var (
	BreakUnwatched = say("break-unwatched", "no window of Posthouse is there to decide")
	BreakMany      = say("break-many", "%s messages wait already")
	BreakFull      = say("break-full", "what waits holds %s bytes already")
	BreakOver      = say("break-over", "a rule answers or blocks it")
	BreakLarge     = say("break-large", "it has more than %s bytes")
	BreakSlow      = say("break-slow", "it did not arrive within %s")
	BreakStream    = say("break-stream", "it is a stream")
	BreakExpects   = say("break-expects", "the client sends it only when the origin asks for it")
	BreakUploading = say("break-uploading", "the request's body is still arriving")
	BreakRoom      = say("break-room", "more came behind it than can be held")
	BreakAway      = say("break-away", "the origin ended the connection")
	BreakHands     = say("break-hands", "what was edited at a breakpoint goes on as it is")
	BreakBroken    = say("break-broken", "it could not be read to its end")
)

// What is wrong with what a person wants: parts of sentences.
var (
	BreakKind    = say("break-kind", "break is one of request, response and both, and not %s")
	BreakEarly   = say("break-early", "what waits next is decided by its request, and %s asks for the response")
	BreakNexts   = say("break-nexts", "%s breaks wait for their request already")
	BreakHead    = say("break-head", "HEAD cannot become another method, nor another method HEAD: the client knows whether a body follows")
	BreakConnect = say("break-connect", "a request cannot become a CONNECT, nor one for Posthouse itself")
	BreakFraming = say("break-framing", "the body passes as it comes, so that Content-Length and Transfer-Encoding stay as they are")
	BreakNoBody  = say("break-no-body", "of status %s there is no body")
	BreakStatus  = say("break-status", "a response begins with a line such as HTTP/1.1 200 OK, with a status from 200 to 999")
	BreakPseudo  = say("break-pseudo", "over HTTP/2 the lines that begin with a colon stay, each once and first")
)
