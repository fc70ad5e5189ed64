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
//     Phase only advances; a batch is in Rev order, and every Rev of a batch is
//     above those of the batch before it.
//   - Changes that are not read are not numbered one by one: a row that has an
//     unread Rev keeps it, so that a reader that never reads costs nothing.
//   - A change of phase signals immediately; bytes that pass signal within 50 ms.
//   - A row whose Begin named a ClientProcess ends when it is known who asked, if that is
//     later than Finish: until then it is in flight.
//   - Counts are never lost: Batch.Stats is a snapshot taken together with the
//     rows; a row evicted before it was read shows in the totals and in Missed.
//   - Rows leave memory in the order in which they finished, which is that of
//     the Rev with which they ended and not of their IDs: Batch.OldestRev says which have left.
//   - A person may delete finished rows before their turn (Delete): Batch.Deleted names
//     those that a reader has not been told of, and no batch has a row that it or one before it
//     names. One that ended and was deleted between two reads is counted in Missed as well.
//   - A person may give a row a colour, a star, a note, finished or not (Annotate): it is
//     told again, with the Rev of that change. A row that is read for the first time after it
//     ended has its annotation and the Rev with which it ended, and may be told again for it.
//   - Who is to have all of what ended and nothing of what is in flight reads with ReadEnded: each
//     exchange once, in the order in which they ended, and again what was said of those that were read.
//   - Recording off retains nothing: totals only. An exchange that began while
//     it was off has ID 0 and never gets a row.
//
// # Memory
//
// One budget in bytes holds rows, heads, URLs and bodies, in flight or finished.
// Finished rows and all body bytes lie in two logs (rows, bodies) that are made
// of equal segments without pointers, outside the Go heap where the system has
// mmap, so that the collector neither scans nor doubles them. A log grows at its
// end and is freed at its start:
//
//   - Over the budget the oldest body segment goes first, and every body that
//     began in it is flow.BodyEvicted. Once bodies are down to a quarter of the
//     budget the oldest rows go instead, so that many small rows cannot push out
//     the newest bodies.
//   - A body in flight lies in the log like any other. One that would have to
//     push out its own beginning is cut (flow.BodyCut).
//   - Exchanges in flight may take half the budget. One that begins beyond that
//     passes unrecorded (Stats.NotRecorded).
//   - Of a head 256 KiB are kept, of the interim heads together, of each
//     trailer section and of an unusable answer 16 KiB; in a budget under 4 MiB a sixteenth of it. What is
//     longer ends there; interim heads that do not fit whole are left out.
//   - Certificate chains are kept once each, at most 256, of 16 KiB each, and
//     in a thirty-second of the budget; the ones used least lately leave first.
//   - At most 4096 rows are annotated, in another thirty-second of the budget with their
//     notes; no more can be said beyond that. It keeps no row in memory, nor from Clear or
//     Delete: it goes with its row.
//   - A deleted row takes up its place in the log until the rows before it have left.
//     Of deletions 4096 are told one by one, in a 128th of the budget.
//
// # Locks
//
// Record.mu guards what one exchange has told so far; Store.mu guards the logs,
// the list of exchanges in flight, the index, the budget and Rev. Record.mu is
// taken before Store.mu, never after it. No lock is held while more than 64 KiB
// of a body or 64 rows are copied. Totals of bytes are striped atomics.
//
// All methods of Store are safe for concurrent use. A Record has one owner,
// but its request-side methods (RequestBody, RequestBytes, RequestTrailer,
// Sent) may run concurrently with its response-side ones.
package capture

import (
	"runtime"
	"sync"
	"sync/atomic"

	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

const (
	defaultBudget    = 128 << 20
	defaultBodyLimit = 1 << 20
	maxBodyLimit     = 1 << 30
	maxHead          = 256 << 10 // bytes kept of a head
	maxExtra         = 16 << 10  // bytes kept of the interim heads together, of each trailer section, and of an unusable answer
	maxText          = 256       // bytes kept of texts that come from elsewhere
	maxContentType   = 128       // bytes kept of Row.ContentType
)

// Options says how a Store begins. Its zero value works.
type Options struct {
	Budget       int64 // bytes; 0 is 128 MiB; the least is 64 KiB
	BodyLimit    int64 // bytes kept of each body; 0 is 1 MiB, the most 1 GiB, below 0 keeps no bodies
	RecordingOff bool
	FirstID      flow.ID // the first exchange is given this one or a higher one (see BeginAbove); 0 is 1
}

// Store holds what was recorded, and hands it to readers.
type Store struct {
	recording atomic.Bool
	bodyLimit atomic.Int64  // bytes; 0 keeps none
	headLimit atomic.Int64  // bytes kept of a head
	readRev   atomic.Uint64 // the highest Rev that any reader may have seen
	armed     atomic.Bool   // a late signal is on its way
	watchers  signal.Hub
	records   sync.Pool // of *Record
	blocks    blockPool
	stripes   [stripeCount]stripe
	nextLane  atomic.Uint32 // hands stripes to new Records

	mu        sync.Mutex
	lastID    flow.ID
	rev       uint64
	active    recordList // in flight, by rising rev
	memory    memory
	rows      rowLog
	bodies    bodyLog
	index     index
	chains    chains
	marks     marks
	deletions deletions
	count     counts
	clears    uint64 // how often Clear ran
}

// New returns an empty store. It starts no goroutine and needs no closing.
func New(o Options) *Store {
	s := &Store{lastID: max(o.FirstID, 1) - 1}
	s.records.New = func() any { return s.newRecord() }
	s.recording.Store(!o.RecordingOff)
	s.memory.init(o.Budget)
	s.rows.init(s.memory.segmentSize)
	s.bodies.init(s.memory.segmentSize)
	s.setLimits(o.Budget, o.BodyLimit)
	runtime.AddCleanup(s, (*mapping).releaseAll, s.memory.mapping)
	return s
}

// setLimits writes both limits down; the caller makes what is held fit.
func (s *Store) setLimits(budget, bodyLimit int64) {
	if budget == 0 {
		budget = defaultBudget
	}
	s.memory.setBudget(budget)
	switch {
	case bodyLimit == 0:
		bodyLimit = defaultBodyLimit
	case bodyLimit < 0:
		bodyLimit = 0
	}
	s.bodyLimit.Store(min(bodyLimit, maxBodyLimit))
	s.headLimit.Store(min(maxHead, s.memory.budget/16))
}

// SetLimits changes the memory budget and the bytes kept of each body, with the
// values that Options takes. A smaller budget evicts immediately; what exchanges in
// flight hold leaves as they end.
func (s *Store) SetLimits(budget, bodyLimit int64) {
	s.mu.Lock()
	s.setLimits(budget, bodyLimit)
	s.shrink()
	let := s.memory.emptyFree()
	s.mu.Unlock()
	s.memory.mapping.release(let)
	s.signal()
}

// BeginAbove has exchanges of a store that begin from now on get IDs above one, so that IDs are
// unique over runs where what was recorded before is still on a disk.
func BeginAbove(s *Store, id flow.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID = max(s.lastID, id)
}

// Recording reports whether new exchanges get a row.
func (s *Store) Recording() bool { return s.recording.Load() }

// SetRecording switches recording. While it is off, new exchanges leave totals
// only, and those already listed keep no more body bytes.
func (s *Store) SetRecording(on bool) {
	if s.recording.Swap(on) != on {
		s.signal()
	}
}

// Clear removes the finished rows, marked or not. Exchanges in flight stay.
func (s *Store) Clear() {
	s.mu.Lock()
	s.clears++
	s.count.cleared += s.rows.live()
	s.rows.dropAll(&s.memory)
	s.index.reset(&s.memory)
	s.chains.reset(&s.memory)
	s.marks.retain(&s.memory, &s.active)
	s.deletions.clear(&s.memory)
	s.bodies.retain(&s.memory, &s.active)
	let := s.memory.emptyFree()
	s.mu.Unlock()
	s.memory.mapping.release(let)
	s.signal()
}
