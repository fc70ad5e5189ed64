package reason

// What is wrong with a rule, and what came of one.
var (
	RuleCondition = say("rule-condition", "its condition cannot be read: %s")
	RuleLate      = say("rule-late", "its condition asks for what is not known yet when the request passes (%s): it can only change the "+
		"response")
	RuleContents  = say("rule-contents", "its condition asks for bodies or fields, which a rule does not look at: leave %s out")
	RuleNothing   = say("rule-nothing", "it does nothing: write what it does, such as answer, block, delay, break, request or response")
	RuleBlock     = say("rule-block", "block is one of reset, close, 403 and hang, and not %s")
	RuleTwo       = say("rule-two", "it has both %s and %s, and only one can be")
	RuleDelay     = say("rule-delay", "a delay is between 0 and %s")
	RuleStatus    = say("rule-status", "%s is no status that a response can be given: one between 200 and 999 can")
	RuleAnswer    = say("rule-answer", "an answer has text or file, one of them")
	RuleText      = say("rule-text", "the text is longer than %s bytes: put it into a file")
	RuleFile      = say("rule-file", "the file %s cannot be used: %s")
	RuleOutside   = say("rule-outside", "the file %s lies outside the folder of the rules: name one inside it")
	RuleFileShort = say("rule-file-short", "the file %s has become shorter while it was read")
	RuleFileLarge = say("rule-file-large", "the file %s has more than %s bytes")
	RuleMark      = say("rule-mark", "%s is no colour: write red, orange, yellow, green, blue or purple")
	RuleField     = say("rule-field", "%s is no field: write Name: value")
	RuleName      = say("rule-name", "%s is no name of a field")
	RuleValue     = say("rule-value", "a field's value holds a control character: %s")
	RuleFraming   = say("rule-framing", "%s says where a message ends or goes, and a rule does not change it")
	RulePattern   = say("rule-pattern", "%s is no regular expression (RE2) of at most 1000 bytes")
	RuleFindEmpty = say("rule-find-empty", "replace needs find: what to look for in %s")
	RuleEdits     = say("rule-edits", "it has more than %s changes of fields")
	RuleUnit      = say("rule-unit", "%s has no unit: write a time such as 500ms")
	RuleMethod    = say("rule-method", "%s is no method that a rule can give a request: no rule changes those that say where "+
		"a message ends or goes")
	RulePresetName  = say("rule-preset-name", "%s cannot name a network: it is empty, too long, or named already")
	RulePresetMany  = say("rule-preset-many", "there are more than %s networks of your own")
	RulePresetPlace = say("rule-preset-place", "presets stand above the first rule: move them there")
	RuleMany        = say("rule-many", "there are more than %s rules")
	RuleUnknown     = say("rule-unknown", "%s is not known here")
	RuleSyntax      = say("rule-syntax", "it cannot be read: %s")
)

// What rules did.
var (
	RuleAnswered       = say("rule-answered", "The rule %s answered.")
	RuleBlocked        = say("rule-blocked", "The rule %s blocked it.")
	RuleRequest        = say("rule-request", "The rule %s changed the request.")
	RuleResponse       = say("rule-response", "The rule %s changed the response.")
	RuleDelayed        = say("rule-delayed", "Rules made it wait for %s.")
	RulePiecesRequest  = say("rule-pieces-request", "Rules made each piece of the request's body wait for %s.")
	RulePiecesResponse = say("rule-pieces-response", "Rules made each piece of the response's body wait for %s.")
	RuleFailed         = say("rule-failed", "The rule %s could not do its work: %s.")
	RuleWaitFull       = say("rule-wait-full", "Rules made it wait for %s only: more came behind it than is held.")
	RuleWaitAway       = say("rule-wait-away", "Rules made it wait for %s only: the connection to the origin ended.")
	RuleOver           = say("rule-over", "The rule %s did not answer or block: another did before.")
	RuleRefused        = say("rule-refused", "What rules made of the head could not be sent, so that it went on as it came: %s.")

	// Why a rule could not do its work: parts of sentences.
	RuleNoBody      = say("rule-no-body", "a response with the status %s has no body: leave text and file out, or take another status")
	RuleGrown       = say("rule-grown", "the head would have more than %s bytes")
	RuleBodiless    = say("rule-bodiless", "of status %s and %s only one has a body")
	RuleMethodFixed = say("rule-method-fixed", "a request of the method %s, or one that asks for another protocol, keeps its method")
	RuleMethodBody  = say("rule-method-body", "the request has a body, which goes with no %s")
	RuleForm        = say("rule-form", "the body is no form: it has bytes that none has")
	RuleMarksFull   = say("rule-marks-full", "no more requests can be marked")
)

// What is told of rules of other programs.
var (
	ImportNoAction = say("import-no-action", "It is off: Posthouse has no action for %s.")
	ImportFile     = say("import-file",
		"It is off: its file %s lies elsewhere. Copy it to %s in the folder of the rules, and switch it on.")
	ImportPlace    = say("import-place", "what it is for cannot be told here")
	ImportLine     = say("import-line", "the line cannot be understood")
	ImportLarge    = say("import-large", "there is too much in it")
	ImportLook     = say("import-look", "It is off: look whether %s is meant, and switch it on.")
	ImportOnce     = say("import-once", "There %s changes only the first that it finds, here all.")
	ImportFallback = say("import-fallback", "There %s falls back to the server where it fails; here it does not.")
	ImportJSON     = say("import-json", "For %s: it is for JSON. Where the body is a form, write form in place of json.")
	ImportLeft     = say("import-left", "Left out: %s.")
	ImportUnread   = say("import-unread", "Its file %s could not be read: %s.")
	ImportUnknown  = say("import-unknown", "there are no rules of %s in it")
)
