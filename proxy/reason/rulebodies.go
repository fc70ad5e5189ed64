package reason

// What is wrong with a rule that changes bodies.
var (
	RuleBodyOne      = say("rule-body-one", "a body has text, file, replace, json or form, one of them")
	RuleFindLong     = say("rule-find-long", "what a body is searched for has at most %s bytes, and what comes in its place %s")
	RulePatternEmpty = say("rule-pattern-empty", "%s also finds an empty text: write one that finds at least one character")
	RuleJSONPath     = say("rule-json-path", "%s is no path to one place, such as $.items[0].name or $.items[*].price, with either "+
		"value or remove")
	RuleJSONValue = say("rule-json-value", "%s is no JSON: a text needs its quotes, as in value = '\"new\"'")
)

// What rules did to bodies.
var (
	RuleRequestBody  = say("rule-request-body", "The rule %s changed the body of the request.")
	RuleResponseBody = say("rule-response-body", "The rule %s changed the body of the response.")
	RuleBodyPassed   = say("rule-body-passed", "A rule looked through the body while it passed and changed nothing: its content is the "+
		"same, but it was sent without its length, in other pieces or coded anew.")

	// Why a rule could not do its work: parts of sentences.
	RuleJSON       = say("rule-json", "the body is not JSON (%s)")
	RuleJSONNone   = say("rule-json-none", "nothing stands at %s, and nothing can be put there")
	RuleSlow       = say("rule-slow", "looking through the body took too long")
	RuleMatchLong  = say("rule-match-long", "what may be a match is longer than %s bytes, and was left as it came")
	RuleBodyLong   = say("rule-body-long", "the body is longer than %s bytes")
	RuleBodyGrew   = say("rule-body-grew", "the body would become longer than %s bytes")
	RuleBodyNone   = say("rule-body-none", "there is no body")
	RuleBodyPart   = say("rule-body-part", "the body is a part of a whole")
	RuleBodyFull   = say("rule-body-full", "too many bodies are held for rules")
	RuleBodyStream = say("rule-body-stream", "a body of type %s is read while it comes, and only replace changes it then")
	RuleBodyFramed = say("rule-body-framed", "a body of type %s is made of messages whose lengths stand in it")
	RuleCoding     = say("rule-coding", "the body is coded as %s, and could not be decoded (%s)")
)
