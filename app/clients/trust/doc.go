// Package trust puts the CA's certificate where clients look for authorities,
// and takes it away again: the system's store, the databases of Firefox and of
// Chrome on Linux (NSS), and Java's. github.com/smallstep/truststore does the
// work; this package says beforehand what will be done, and afterwards what
// went wrong and which commands do the same by hand.
//
// It also writes bundles: the roots that the system trusts and the CA in one
// file, for programs that take a single one.
//
// Plan changes nothing. Apply takes as long as the system's tools and a person
// who is asked do: not for a goroutine that must not wait. Both run other
// programs, one call at a time. Where an administrator is needed, the stores of
// Stores ask on the terminal (sudo); those of DesktopStores never do: polkit's
// dialog, macOS or Windows asks, or the step is left out with ErrNoPrompt.
package trust
