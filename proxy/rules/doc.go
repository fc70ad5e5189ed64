// Package rules is what a person wants changed of what passes.
//
// A Set is one ordered list. All rules whose condition matches apply, one after the
// other, up to one that says that it is the last. A condition is a filter of the list
// (package query); what a rule does is declared, never run. A rule of which a part could
// not be done has failed: the message stays as it was, and what happened is told.
//
// A Set is immutable and safe for concurrent use; what counts how often its rules were
// applied is too. Matching allocates nothing where no rule matches: rules are found by
// texts that a host or a path must hold (see index), so that a thousand of which none
// matches cost about as much as one.
//
// # Bounds
//
// A file has at most 16 MiB and 10,000 rules, a rule 100 edits of fields, a text that
// answers 1 MiB, a file that answers 64 MiB. Bodies have the bounds that stand at Body.
package rules
