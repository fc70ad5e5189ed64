// Package clients drives posthoused with the programs that people use: curl,
// wget, Python, Node, git and Chromium, against origins on this machine. It has
// tests only. A program that is missing is a skip that names it, or a failure
// where CI is set.
package clients
