// Package redact takes secrets out of captured exchanges before they are shown or handed on:
// one policy for exports, copies, and the screen.
//
// A secret is found by its place: the credentials of Authorization and fields like it, the
// values of cookies, fields, parameters and members that are named like a key or a password,
// user and password in a URL, JSON Web Tokens wherever they are. Names, schemes and all other
// bytes stay. In its place stands ‹secret 3›, and the same secret has the same number wherever
// one Masker meets it: in a field, percent-encoded in a URL, escaped in JSON. What was met once
// is then found by its bytes, too, in places that say nothing. In URLs and forms the placeholder
// is ‹secret+3›, which means the same there and holds no space.
//
// It is never complete. What a place does not tell, and what was not met elsewhere before,
// stays; so does what is known by itself: names, addresses, contents. A masked value may be
// masked again and stays as it is.
//
// A Masker is safe for concurrent use. Numbers rise in the order in which secrets appear, so
// that one goroutine gets the same numbers for the same input. What is handed in is never
// changed; what comes back shares the memory of all that had nothing to mask.
//
// Bounds: MaxSecrets secrets have numbers, and of their bytes maxKnownBytes are looked for
// elsewhere; a secret beyond that is masked as ‹secret›, without a number. Bodies are looked
// into up to content.MaxDecoded decoded bytes.
package redact
