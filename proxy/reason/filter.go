package reason

// What is wrong with a filter, or with the condition of a rule.
var (
	FilterQuote         = say("filter-quote", "A quote is not closed.")
	FilterLong          = say("filter-long", "This filter is too long.")
	FilterOr            = say("filter-or", "After | write what else may match.")
	FilterParen         = say("filter-paren", "A parenthesis is not closed.")
	FilterEmpty         = say("filter-empty", "Write words between the parentheses.")
	FilterDeep          = say("filter-deep", "Parentheses may lie 20 deep.")
	FilterRegexp        = say("filter-regexp", "This is no regular expression.")
	FilterRegexpParen   = say("filter-regexp-paren", "A ( of the regular expression is not closed, or a ) closes none.")
	FilterRegexpBracket = say("filter-regexp-bracket", "A [ of the regular expression is not closed, or "+
		"what stands in it is no set of characters.")
	FilterRegexpRepeat = say("filter-regexp-repeat", "Before *, + or ? of the regular expression there is "+
		"nothing to repeat, or a count is too large.")
	FilterRegexpEscape = say("filter-regexp-escape", `A \ of the regular expression stands before nothing that it has a meaning for.`)
	FilterRegexpLarge  = say("filter-regexp-large", "This regular expression is too large.")
	FilterHeader       = say("filter-header", "After header: write the name of a field, or a name, = and a "+
		"part of its value: header:accept=json.")
	FilterStatus = say("filter-status", "After status: write a code such as 404, 4xx, 200-299 or >=400.")
	FilterIs     = say("filter-is", "After is: write failed, error, tunnel, websocket, running, local, secure, decrypted, refused, "+
		"badcert, mended, modified, ruled, rulefailed, own, resent, marked, starred or noted.")
	FilterDevice = say("filter-device", "After device: write an address such as 192.168.1.20, its beginning, a network such as "+
		"192.168.1.0/24, here, or other.")
	FilterFrom = say("filter-from", "After from: write the number of a request.")
	FilterMark = say("filter-mark", "After mark: write red, orange, yellow, green, blue or purple.")
	FilterSize = say("filter-size", "After size: write a size such as >10kb.")
	FilterSent = say("filter-sent", "After sent: write a size such as >10kb.")
	FilterTime = say("filter-time", "After time: write a time such as >500ms.")

	FilterValue = say("filter-value", "A value must follow %s:.")
)
