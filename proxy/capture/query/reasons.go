package query

import (
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// reasons are those of the codes of errors.
var reasons = map[string]flow.ReasonCode{
	"quote":          reason.FilterQuote,
	"long":           reason.FilterLong,
	"or":             reason.FilterOr,
	"paren":          reason.FilterParen,
	"empty":          reason.FilterEmpty,
	"deep":           reason.FilterDeep,
	"regexp":         reason.FilterRegexp,
	"regexp.paren":   reason.FilterRegexpParen,
	"regexp.bracket": reason.FilterRegexpBracket,
	"regexp.repeat":  reason.FilterRegexpRepeat,
	"regexp.escape":  reason.FilterRegexpEscape,
	"regexp.large":   reason.FilterRegexpLarge,
	"header":         reason.FilterHeader,
	"status":         reason.FilterStatus,
	"is":             reason.FilterIs,
	"device":         reason.FilterDevice,
	"from":           reason.FilterFrom,
	"mark":           reason.FilterMark,
	"size":           reason.FilterSize,
	"sent":           reason.FilterSent,
	"time":           reason.FilterTime,
}
