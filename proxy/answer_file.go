package proxy

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// replyFile is a file that is the body of an answer. It is read piece by piece as its
// client takes it, and closed, by looks at the disk. A nil one is no file.
type replyFile struct {
	file   *os.File
	disk   *disk
	left   int64 // bytes that are still to be read
	name   string
	piece  *filePiece // HTTP/2: that was read, and not taken; under http2Conn.mu
	closed bool
}

func (f *replyFile) close() {
	if f != nil && !f.closed {
		f.closed = true
		f.disk.close(f.file)
	}
}

// length is how many bytes the body of an answer has.
func (r *reply) length() int64 {
	if r.file != nil {
		return r.file.left
	}
	return int64(len(r.body))
}

// filePieceSize is how much of a file is read at one time, in bytes.
const filePieceSize = 64 << 10

var filePieces = sync.Pool{New: func() any { b := make([]byte, filePieceSize); return &b }}

// filePiece is what was read of a file.
type filePiece struct {
	content []byte
	why     flow.Reason // it could not be read; zero: it was
	memory  *[]byte     // of the content
}

// read reads the next piece, of n bytes at most. A file that has become shorter cannot be read. It waits for the disk.
func (f *replyFile) read(n int64) filePiece {
	p := filePiece{memory: filePieces.Get().(*[]byte)}
	p.content = (*p.memory)[:min(filePieceSize, n, f.left)]
	if _, err := io.ReadFull(f.file, p.content); err != nil {
		p.why = fileBroke(f.name, err)
		return p
	}
	f.left -= int64(len(p.content))
	return p
}

// give gives the memory of a piece back.
func (p filePiece) give() {
	if p.memory != nil {
		filePieces.Put(p.memory)
	}
}

// answerFile writes the body of an answer that is a file.
func (x relaying) answerFile(f *replyFile) bodyEnd {
	if f == nil {
		return bodyEnd{}
	}
	for f.left > 0 {
		read := func() filePiece { return f.read(filePieceSize) }
		p, late, ok := onDisk(&x.srv.disk, read, filePiece.give, ruledExchange(x).await)
		switch {
		case !ok:
			return pauseFailed(x.conn)
		case !late.IsZero():
			return bodyEnd{failure: flow.FailureTruncated, why: reason.RuleFile.With(f.name, late), reset: true}
		case !p.why.IsZero():
			p.give()
			return bodyEnd{failure: flow.FailureTruncated, why: p.why, reset: true}
		}
		x.stageBody(clock())
		if _, err := x.conn.socket.Write(p.content); err != nil {
			p.give()
			return x.writeFailed()
		}
		x.rec.ResponseBody(p.content)
		p.give()
	}
	return bodyEnd{}
}

// fileBroke says that a file could not be read to its end.
func fileBroke(name string, err error) flow.Reason {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return reason.RuleFileShort.With(name)
	}
	return reason.RuleFile.With(name, reason.OfNamed(err))
}

// brokeOff ends an exchange whose answer is not whole; the client sees that.
func (x relaying) brokeOff(end bodyEnd) bool {
	x.conn.watch.until.Store(0)
	x.rec.Finish(end.failure, end.why, 0, time.Now())
	if end.reset {
		_ = x.conn.socket.Abort()
	}
	return false
}
