// Package sysproxy points the computer's proxy settings at Posthouse and puts
// back what was there before, under every ending that can be produced.
//
// It owns the desktop's proxy keys from Enable until they are put back, the
// journal that says what they held, and the watchdog process.
//
// Package backend is the interface to the settings of each system, which lie in
// gnome, kde, macos and windows below; none of them imports this package.
//
//   - Write-ahead: the whole previous state lies in a journal on disk, synced,
//     before the first key is changed.
//   - Compare-and-swap: a key is put back only while it holds what Posthouse
//     wrote. What the user or another program changed meanwhile stays theirs.
//   - Who puts back: Disable and Close; the watchdog, when the process is gone;
//     Repair, at the next start; Restore, by hand.
//
// A Manager may be used from any goroutine: one goroutine does the
// work, in the order in which it was asked for. Between processes a lock file in
// the state directory lets one work at a time, and another says whose settings
// are in force; the system drops both when a process dies.
package sysproxy
