package main

import (
	"sync/atomic"
	"time"
)

// pace says when the next request of a load is sent. It is for any number of threads.
type pace struct {
	begun    time.Time
	rate     int   // requests a second; 0: each when the one before it is answered
	requests int64 // how many there are; 0: no end
	sent     atomic.Int64
}

// turn is what pace says.
type turn int

const (
	turnNow turn = iota
	turnLater
	turnOver // there are no more
)

// take takes the next request where it is due.
func (p *pace) take() turn {
	for {
		n := p.sent.Load()
		switch {
		case p.requests > 0 && n >= p.requests:
			return turnOver
		case p.rate > 0 && n >= int64(time.Since(p.begun).Seconds()*float64(p.rate)):
			return turnLater
		case p.sent.CompareAndSwap(n, n+1):
			return turnNow
		}
	}
}
