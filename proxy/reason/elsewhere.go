package reason

// What is wrong with what a rule says of where requests go, and of parameters.
var (
	RulePair    = say("rule-pair", "%s is no name=value as it is sent: encode what it may not hold")
	RuleScheme  = say("rule-scheme", "%s is no scheme to send to: write http or https")
	RuleHost    = say("rule-host", "%s is no host: write a name or an address, without a port")
	RulePort    = say("rule-port", "%s is no port: one is between 1 and 65535")
	RulePath    = say("rule-path", "%s is no path: it begins with / and has no spaces")
	RuleResolve = say("rule-resolve", "%s is no address: write a name or an address, and :port behind it where the port is "+
		"another too")
	RuleSendNowhere     = say("rule-send-nowhere", "send needs one of scheme, host, port, path and find")
	RuleFail            = say("rule-fail", "%s is no share of requests: write one such as %s")
	RuleFailNothing     = say("rule-fail-nothing", "fail is how often a rule answers or blocks: it needs answer or block")
	RuleRate            = say("rule-rate", "%s is no rate such as 1.5 Mbit/s or 200 kB/s, between %s and %s")
	RulePreset          = say("rule-preset", "%s is no network with a name: write one of %s, or one that [presets] names")
	RuleThrottleNothing = say("rule-throttle-nothing", "throttle needs one of preset, down, up and latency")
	RuleSources         = say("rule-sources", "an answer has one of text, file, folder and message")
	RuleUnder           = say("rule-under", "%s is no path that stands for a folder: write folder, and under with a / first")
	RuleOwnStatus       = say("rule-own-status", "a folder gives its files' status, and a message its status and type: leave these out")
	RuleMissingWord     = say("rule-missing-word", "missing is pass or error, and not %s")
	RuleMissingNothing  = say("rule-missing-nothing", "missing is for an answer with a file, a folder or a message: leave it out")
	RuleTunnels         = say("rule-tunnels", "its condition asks for more than the host and who asks (%s), and whether a tunnel is "+
		"opened is "+
		"decided before that is known: leave the rest out")
)

// What rules did about where a request goes.
var (
	RuleSent          = say("rule-sent", "The rule %s sent it to %s.")
	RuleResolved      = say("rule-resolved", "The rule %s had %s dialled in place of the host.")
	RuleElse          = say("rule-else", "The rule %s did not say where it goes: another did before.")
	RulePassed        = say("rule-passed", "The rule %s left the tunnel closed.")
	RuleOpened        = say("rule-opened", "The rule %s had the tunnel opened.")
	RuleCORS          = say("rule-cors", "The rule %s lets pages of any origin read the response.")
	RuleThrottled     = say("rule-throttled", "The rule %s had it pass a slow line: %s down, %s up.")
	RuleThrottledDown = say("rule-throttled-down", "The rule %s had it pass a slow line: %s down.")
	RuleThrottledUp   = say("rule-throttled-up", "The rule %s had it pass a slow line: %s up.")
	RuleMoved         = say("rule-moved", "Since the connection was opened rules have its requests go elsewhere: the client opens "+
		"another one.")
	RuleMissing     = say("rule-missing", "The rule %s answered that there is no file %s.")
	RulePasses      = say("rule-passes", "The rule %s let it go on: its folder has nothing for %s.")
	RuleDetourEnded = say("rule-detour-ended", "The client's connection over HTTP/2 ended with that to its origin, and "+
		"what rules sent elsewhere ended with it.")
	RuleDetour = say("rule-detour", "It went over a connection of Posthouse's own, which speaks %s there: its TLS and its settings "+
		"are not the client's.")
	RuleDetourMany = say("rule-detour-many", "Rules send requests of one connection to more than %s places at a time: the client was "+
		"told to ask again.")
	RuleDetourFull = say("rule-detour-full", "More of the answer came than is held while its client does not take it: the stream was "+
		"reset.")
	RuleUndialled = say("rule-undialled", "The origin was not contacted: rules answer whatever is asked of it.")
	RuleDialLater = say("rule-dial-later", "Rules may answer what is asked here: the origin is contacted when a request needs it.")
	RuleOverHTTP1 = say("rule-over-http1", "%s does not speak HTTP/2, which the client speaks here: the request went over HTTP/1.1.")
	RuleAskAgain  = say("rule-ask-again", "%s does not speak HTTP/2, which the client speaks here: the client is told to ask again, "+
		"and that goes over HTTP/1.1.")
	RuleUnkept = say("rule-unkept", "The rule %s had its contents not recorded.")

	// Why a rule could not do its work: parts of sentences.
	RuleTarget      = say("rule-target", "what it makes of the path cannot be asked for")
	RuleOtherOrigin = say("rule-other-origin", "over HTTP/2 what asks for a protocol other than WebSocket goes where its "+
		"connection does: a condition that asks for the host alone moves that")
	RuleMessage      = say("rule-message", "the message in %s cannot be used, line %s: %s")
	RuleMessageCoded = say("rule-message-coded", "leave Transfer-Encoding out, for the body is framed anew, and write the body as it is")
	RuleProxyNames   = say("rule-proxy-names", "the upstream proxy looks names up by itself")
	RuleClosedTunnel = say("rule-closed-tunnel", "what is in a tunnel that is not opened can go to another host, but not to another scheme")
	RuleNoMinter     = say("rule-no-minter", "there is no certificate authority: set up HTTPS first")
)
