// Package feed follows the store for the window: which rows the list shows and in which
// order, and how many requests hosts and programs have. It knows nothing of the toolkit.
//
// A feed has one goroutine, on which its model changes. What the window requests for, a
// filter or an order, may be set from any goroutine; the window is told by updates of a
// bounded size, the next one no sooner than it took the last. Stop waits for the
// goroutine.
package feed
