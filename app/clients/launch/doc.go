// Package launch opens terminals and browsers that go through the proxy, so that
// a person can try everything without touching the system's settings, their
// browser's profile or any store of certificates.
//
// A browser gets a new profile in a new folder. The profile points at the
// proxy, for this computer's own addresses too, and trusts the CA where it is
// given one: Chromium and its kin by the hash of the CA's key on the command
// line, Firefox by a certificate database in the profile. The browser belongs to
// the Launcher: it is ended by Close, for without the proxy it reaches nothing,
// and its folder is removed when it ends. Folders that a crash left behind are
// removed by Sweep; one that holds no marker of ours, or whose browser still
// runs, is left alone.
//
// A terminal gets the variables and is a person's from then on: it stays when
// Posthouse ends.
//
// A Launcher is safe for concurrent use. Its methods start programs and write
// files: never call them where a screen waits.
package launch
