// Package repeat sends a request many times, with values that change, and several requests in
// order, where the answer of one gives values for the next. It knows no window.
//
// Run and RunGroup work on the goroutine of their caller, and wait for all that they begin.
// A plan is read only; what is told of progress comes from one goroutine at a time. What is
// kept of a run is a line an answer: some 64 bytes, at most MaxTimes of them.
package repeat
