// Package imports reads rules of other programs as Posthouse's own: Charles' XML, Proxyman's
// JSON, whistle's lines, and a folder of Chrome's overrides. It takes files of Posthouse's own rules, too.
//
// What has no action here becomes a rule that is off, with a remark that says why; what cannot be
// understood is told with its line, and so is in what a rule does another thing than there. Nothing is
// run, and no file is read but what a person named: where a rule names a file elsewhere on this
// computer, it is off until that is copied, by hand or by Bring.
//
// # Bounds
//
// A file has at most 16 MiB, a folder 1,000 files of together 256 MiB; XML is 40 levels deep and
// has 200,000 elements; a line of whistle has 200 words, and what its rules have of values is together as
// long as a file of rules; at most 10,000 rules are made. All functions are safe for concurrent use.
package imports
