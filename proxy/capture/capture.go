// Package capture is the recorder, the bounded memory store, and the event
// stream that readers follow.
//
// # The event stream
//
// State to read, not messages to deliver. The writer (the proxy) changes one
// row and the totals under a short lock and then sets a one-slot signal; it
// never waits for a reader, a disk or a log. A reader waits on a Watcher, calls
// Changes with its cursor, and gets the latest state of each row changed since.
//
//   - ID rises in begin order; Rev rises store-wide with each change; a row's
//     Phase only advances; a batch is in Rev order.
//   - Counts are never lost: Batch.Stats is a snapshot taken together with the
//     rows; a row evicted before it was read shows in the totals and in Missed.
//   - Memory is a budget in bytes over rows, heads, URLs and bodies, in flight
//     or finished. Over it, bodies leave first (oldest first), then the oldest
//     finished rows. What is missing is labelled (flow.BodyState).
//   - Recording off retains nothing: totals only.
//
// All methods of Store are safe for concurrent use. A Record has one owner,
// but its request-side methods (RequestBody, RequestBytes, RequestTrailer,
// Sent) may run concurrently with its response-side ones.
package capture
