// Package uitest has what the tests of several rooms of the window use: exchanges and icons that
// are the same in each run, a store of rows, and ways to find what is seen. It imports no
// room. What walks widgets belongs to the UI goroutine, which in tests is the test's own.
package uitest
