// Package history is the disk tier: a reader of the event stream that writes behind, and
// session files. docs/history-format.md describes the files.
//
// A history is a folder (0700) of files (0600):
//
//   - segment-N.posthouse, append-only, of blocks of some 1 MiB of exchanges that are
//     compressed together, a filter of trigrams behind each. Retention removes whole segments,
//     oldest first, and moves what is marked to kept-N.posthouse before.
//   - filters-N.posthouse has filters of blocks that were written without: they are made when it is
//     quiet, and segments stay as they are.
//   - tail.posthouse has what is in no block yet, written each second unless the block has just
//     begun. The next block empties it.
//   - notes.posthouse has marks and deletions.
//   - rows.sqlite is the index, derived from all these and made again where it is missing
//     or damaged.
//
// # Concurrency
//
// All methods are safe for concurrent use. One goroutine follows the store; another changes files,
// in the order in which it is asked, and rests between pieces of work. Readers wait for neither but for
// the time of one transaction of the index. Traffic waits for none of them: what the disk does
// not keep up with is shed in the order of Shedding, and what leaves memory before it is
// written is counted (NotOnDisk.Late).
//
// # Bounds
//
//   - All files together hold Options.Budget at most, and what one block is larger than expected.
//     Marked exchanges count too: where they alone fill it nothing else is written, and
//     Stats.Problem says so.
//   - In memory there are at most 4 blocks that are not yet written, each of 1 MiB and 4096
//     exchanges, or of one exchange, and the memory of 2 for the next ones; for a minute the rows of the last one that the
//     index took in at once; 4 read ones; 64 pages of 64 rows; 16384 contexts; of what was removed 1024 ranges; of 4096
//     blocks that the index owes (1048576 rows) where they are and a bit for each ID, 2 KiB a block at most; while a filter
//     is made later, its block, and where the filters of its segment are. SQLite caches 8 MiB outside the Go heap.
//   - Of a body 64 MiB are kept. An exchange with more than 8 MiB of heads is not.
//   - A frame holds at most 256 MiB, whatever a file says.
package history
