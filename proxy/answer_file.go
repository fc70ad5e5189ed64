package proxy

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// replyFile is a file that is the body of an answer. It is read piece by piece as its
// client takes it. A nil one is no file.
type replyFile struct {
	file *os.File
	left int64 // bytes that are still to be read
	name string
}

func (f *replyFile) close() {
	if f != nil {
		_ = f.file.Close() // read only
	}
}

// length is how many bytes the body of an answer has.
func (r *reply) length() int64 {
	if r.file != nil {
		return r.file.left
	}
	return int64(len(r.body))
}

// filePiece is how much of a file is read at one time, in bytes.
const filePiece = 64 << 10

var filePieces = sync.Pool{New: func() any { b := make([]byte, filePiece); return &b }}

// next reads the next piece into b; empty when all was read. A file that has become shorter
// is an error.
func (f *replyFile) next(b []byte) ([]byte, error) {
	if f == nil || f.left == 0 {
		return nil, nil
	}
	b = b[:min(int64(len(b)), f.left)]
	n, err := io.ReadFull(f.file, b)
	if err != nil {
		return nil, err
	}
	f.left -= int64(n)
	return b, nil
}

// answerFile writes the body of an answer that is a file.
func (x relaying) answerFile(f *replyFile) bodyEnd {
	if f == nil {
		return bodyEnd{}
	}
	piece := filePieces.Get().(*[]byte)
	defer filePieces.Put(piece)
	for {
		b, err := f.next(*piece)
		switch {
		case err != nil:
			return bodyEnd{failure: flow.FailureTruncated, why: fileBroke(f.name, err), reset: true}
		case len(b) == 0:
			return bodyEnd{}
		}
		x.stageBody(time.Now())
		if _, err := x.conn.socket.Write(b); err != nil {
			return x.writeFailed()
		}
		x.rec.ResponseBody(b)
	}
}

// fileBroke says that a file could not be read to its end.
func fileBroke(name string, err error) flow.Reason {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return reason.RuleFileShort.With(name)
	}
	return reason.RuleFile.With(name, reason.Of(err))
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

// held reads the file of an answer into memory, for who cannot write it piece by piece.
func (r *reply) held() *reply {
	f := r.file
	if f == nil {
		return r
	}
	defer f.close()
	if f.left > rules.MaxAnswerFile {
		return errorReply(500, flow.FailureNone, reason.RuleFileLarge.With(f.name, rules.MaxAnswerFile))
	}
	b := make([]byte, f.left)
	if _, err := io.ReadFull(f.file, b); err != nil {
		return errorReply(500, flow.FailureNone, fileBroke(f.name, err))
	}
	r.body, r.file = string(b), nil
	return r
}
