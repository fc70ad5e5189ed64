package ca

import (
	"container/list"
	"crypto/tls"
	"errors"
	"sync"
	"time"
)

// CacheSize is how many leaves are kept, about 4 KiB each; the ones asked for
// last stay.
const CacheSize = 1024

var errSigning = errors.New("making the certificate ended unexpectedly")

// cache holds leaves and those that are being made. Its zero value works.
type cache struct {
	mu      sync.Mutex
	entries map[subject]*entry
	recent  list.List // of *entry, the one asked for last in front
}

// entry is one leaf. What is in it is set before done is closed and never after.
type entry struct {
	subject subject
	at      *list.Element // under the cache's lock; nil when it is not in the cache
	done    chan struct{}
	ready   bool // under the cache's lock: done is closed

	cert  *tls.Certificate
	err   error
	renew time.Time
}

// enter gives the entry for s. With mine the caller has to make the leaf and
// then call settle; without, the leaf is there once done is closed.
func (c *cache) enter(s subject, now time.Time) (e *entry, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = make(map[subject]*entry)
	}
	if e := c.entries[s]; e != nil {
		if !e.ready || e.valid(now) {
			c.recent.MoveToFront(e.at)
			return e, false
		}
		c.drop(e)
	}
	e = &entry{subject: s, done: make(chan struct{})}
	e.at = c.recent.PushFront(e)
	c.entries[s] = e
	for len(c.entries) > CacheSize {
		c.drop(c.recent.Back().Value.(*entry))
	}
	return e, true
}

// settle lets those who wait for the entry go on. A failure is not kept.
func (c *cache) settle(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.ready = true
	close(e.done)
	if e.err != nil && e.at != nil {
		c.drop(e)
	}
}

func (c *cache) drop(e *entry) {
	c.recent.Remove(e.at)
	e.at = nil
	delete(c.entries, e.subject)
}

// valid reports whether the leaf can be given out: it is not to be renewed,
// and the clock was not set back to before it.
func (e *entry) valid(now time.Time) bool {
	return now.Before(e.renew) && !now.Before(e.cert.Leaf.NotBefore)
}
