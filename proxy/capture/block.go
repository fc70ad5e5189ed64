package capture

import (
	"math/bits"
	"sync"
)

// A block is what an exchange in flight keeps its heads in, and small bodies
// until they are flushed to the log. Blocks come in powers of two from 256
// bytes, so that an idle tunnel costs little; they are pooled.
type block struct {
	buf   []byte // its capacity is the class's size
	class int
}

const (
	smallestBlock = 256
	blockClasses  = 13 // to 1 MiB: two blobs of a head and what lies beyond
)

func blockClass(n int) int {
	if n <= smallestBlock {
		return 0
	}
	return bits.Len(uint(n-1) / smallestBlock)
}

func blockSize(class int) int { return smallestBlock << class }

// blockPool holds empty blocks of each class. It is safe for concurrent use.
type blockPool [blockClasses]sync.Pool

// get returns an empty block with room for n bytes.
func (p *blockPool) get(n int) *block {
	class := blockClass(n)
	if b, ok := p[class].Get().(*block); ok {
		return b
	}
	return &block{buf: make([]byte, 0, blockSize(class)), class: class}
}

func (p *blockPool) put(b *block) {
	b.buf = b.buf[:0]
	p[b.class].Put(b)
}
