package reason

// What is to be said of a command that is read as a request.
var (
	CommandBroken = say("command-broken", "line %s, character %s: %s")

	CommandNone     = say("command-none", "there is no command for curl or Invoke-WebRequest")
	CommandLong     = say("command-long", "the text is longer than %s bytes")
	CommandQuote    = say("command-quote", "the quotation that begins here is not closed")
	CommandRuns     = say("command-runs", "the shell would have to run %s first, and nothing is run here")
	CommandOption   = say("command-option", "curl has no option %s")
	CommandShort    = say("command-short", "%s may stand for several options")
	CommandValue    = say("command-value", "%s needs a value")
	CommandNoURL    = say("command-no-url", "the command has no URL")
	CommandURL      = say("command-url", "%s is no URL for http or https")
	CommandConflict = say("command-conflict", "%s and a body cannot be sent together")

	CommandSending  = say("command-sending", "%s says how to send the request and is not part of it")
	CommandFile     = say("command-file", "the file %s was not read; what it holds is missing")
	CommandAuth     = say("command-auth", "%s makes credentials while sending; they are missing")
	CommandGlob     = say("command-glob", "curl would send several requests for %s")
	CommandVariable = say("command-variable", "the variable %s was left as it is written")
	CommandMore     = say("command-more", "the text has other requests too; this is the first")
)
