// Package breakpoints holds the messages that wait for a person: a queue of requests and
// responses, each with what can be decided of it, and what is to wait next.
//
// The engine enters a message, waits until it is decided, and ends it; a window follows the
// queue with Watch and List, and decides. Whoever decides first is right: what comes later is
// told that it came too late. Nothing here waits: an engine waits for Decided beside what else
// may end its exchange. All methods are safe for concurrent use.
//
// # States
//
// A message is held while its body is read, and waits from the moment that it is shown. It
// leaves that state once, by what comes first:
//
//	         show     go    unchanged  answer    abort    all-go     late  left  stop
//	held     waiting  -     -          -         -        unchanged  -     left  stopped
//	waiting  -        gone  unchanged  answered  aborted  unchanged  late  left  stopped
//
// All other states are ends, in which nothing changes. A response is not answered: it is an
// answer, and edited as one. The table is transitions in state.go, and a test walks it.
//
// # Bounds
//
// At most MaxMessages are in the queue, and all of them hold at most MaxHeld bytes, with the
// buffers of their connections and with what they were edited to. What finds no room does not
// wait. Each waits for at most the patience that is set. Where no window follows the queue
// nothing waits, since nothing could be decided. At most MaxNext breaks wait for their request.
package breakpoints
