// Package details shows one exchange: what happened, its messages, its times, and what passed.
//
// It belongs to the UI goroutine, but for its worker, which reads exchanges and prepares
// bodies; what was prepared for one exchange is never shown for another. Close waits for
// the worker and for bodies that are being saved.
package details
