// Package appicon finds the icon of a program on this machine from the path
// of its file, as the system itself tells it:
//
//   - Linux and relatives: from the desktop entry that starts this file, or another
//     one in its package's folder, or that its snap or flatpak came with;
//   - Windows: from the icon resource in the file;
//   - macOS: from the bundle that the file lies in.
//
// A name alone is never enough: a program that none of these knows has no icon,
// nor has one for which two of them disagree.
//
// A Service owns one goroutine that looks icons up, a bounded queue before it and
// a bounded cache behind it, of programs without an icon too. Asking it neither
// waits nor reads a file. All methods are safe for concurrent use.
//
// Program files, entries and pictures may be hostile: sizes, numbers and the time
// that a drawing takes are bounded, and what parses them is fuzzed.
package appicon
