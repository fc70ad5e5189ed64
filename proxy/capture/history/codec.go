package history

import (
	"bytes"
	"fmt"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"posthouse/proxy/reason"
)

// How a frame is compressed.
const (
	codecStored = 0
	codecS2     = 1
	codecZstd   = 2
)

var errCodec = reason.New(reason.HistoryCodec)

// effort says how much time compressing may take. Of ordinary traffic the better zstd makes a block 4 %
// smaller, for twice the time.
type effort uint8

const (
	effortMost    effort = iota // zstd
	effortHurried               // zstd at its fastest
	effortLeast                 // S2
)

// compressor compresses blocks, one after the other.
type compressor struct {
	zstd [effortLeast]*zstd.Encoder // made when they are needed
	out  []byte
}

// compressPiece is what is compressed without a pause: a block of zstd.
const compressPiece = 128 << 10

func (c *compressor) encoder(e effort) *zstd.Encoder {
	if c.zstd[e] == nil {
		level := [...]zstd.EncoderLevel{effortMost: zstd.SpeedDefault, effortHurried: zstd.SpeedFastest}[e]
		z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(level), zstd.WithEncoderCRC(false),
			zstd.WithWindowSize(blockSize*2), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err) // the options are constant
		}
		c.zstd[e] = z
	}
	return c.zstd[e]
}

// compress returns what is to be stored, which is valid until the next call. What does not
// become smaller is stored as it is. With pause it rests in between.
func (c *compressor) compress(raw []byte, e effort, pause *breath) (stored []byte, codec uint8) {
	if e == effortLeast {
		if need := s2.MaxEncodedLen(len(raw)); cap(c.out) < need {
			c.out = make([]byte, need)
		}
		stored, codec = s2.Encode(c.out[:cap(c.out)], raw), codecS2
	} else {
		if e == effortHurried && len(raw) <= 2*blockSize {
			c.out = c.encoder(e).EncodeAll(raw, c.out[:0]) // half a millisecond: no piece is copied before
		} else {
			c.zstdAll(c.encoder(e), raw, pause)
		}
		stored, codec = c.out, codecZstd
	}
	if len(stored) >= len(raw) {
		return raw, codecStored
	}
	if cap(c.out) > 8*blockSize {
		c.out = nil // of one large exchange
	}
	return stored, codec
}

// zstdAll is EncodeAll with pauses.
func (c *compressor) zstdAll(z *zstd.Encoder, raw []byte, pause *breath) {
	to := bytes.NewBuffer(c.out[:0])
	z.ResetContentSize(to, int64(len(raw)))
	for len(raw) > 0 {
		n := min(len(raw), compressPiece)
		_, _ = z.Write(raw[:n]) // a buffer takes all
		raw = raw[n:]
		pause.rest()
	}
	_ = z.Close()
	c.out = to.Bytes()
}

// frame is a block as it is stored, without a filter.
func (c *compressor) frame(k *block) []byte {
	head := k.head()
	var stored []byte
	stored, head.codec = c.compress(k.b, k.effort, nil)
	head.size, head.sum = uint32(len(stored)), checksum(stored)
	return append(head.append(nil), stored...)
}

// decompressor is for any number of goroutines.
var decompressor = func() *zstd.Decoder {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(maxFrame), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic(err) // the options are constant
	}
	return z
}()

// decompress undoes compress, into a buffer where that is large enough. What it returns may be
// stored itself.
func decompress(buf, stored []byte, codec uint8, raw int) (b []byte, err error) {
	switch codec {
	case codecStored:
		b = stored
	case codecS2:
		if n, err := s2.DecodedLen(stored); err != nil || n != raw {
			return nil, fmt.Errorf("its length is another: %w", errRecord)
		}
		b, err = s2.Decode(buf[:cap(buf)], stored)
	case codecZstd:
		b, err = decompressor.DecodeAll(stored, buf[:0])
	default:
		return nil, errCodec
	}
	if err == nil && len(b) != raw {
		err = fmt.Errorf("its length is another: %w", errRecord)
	}
	return b, err
}
