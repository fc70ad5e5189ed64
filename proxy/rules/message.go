package rules

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"posthouse/proxy/bounded"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

// messageLimits bound the head of a message in a file.
var messageLimits = http1.Limits{StartLine: 8 << 10, Head: 256 << 10, Fields: 1000}

// answerMessage answers with a response of HTTP/1 that stands in a file: its status and its
// fields, and all behind its head, which is framed anew.
func (s *Set) answerMessage(a *Answer) (Answered, flow.Reason) {
	f, size, why := s.open(a.Message)
	if !why.IsZero() {
		return Answered{}, why
	}
	out, why := readMessage(f, size, a.Message)
	if out.File == nil {
		_ = f.Close() // read only
	}
	return out, why
}

func readMessage(f *os.File, size int64, name string) (out Answered, why flow.Reason) {
	raw, err := bounded.ReadHead(f, int64(messageLimits.Head)+1)
	if err != nil {
		return out, fileProblem(name, err)
	}
	head, used := messageHead(raw)
	resp, line, err := parseMessage(head)
	if err != nil {
		return out, reason.RuleMessage.With(name, line, reason.Of(err))
	}
	out.Status = resp.Status
	for i := range resp.Fields {
		field := &resp.Fields[i]
		switch lower := strings.ToLower(string(field.Name)); {
		case lower == "content-encoding":
		case lower == "transfer-encoding":
			return Answered{}, reason.RuleMessage.With(name, i+2, reason.RuleMessageCoded.With())
		case slices.Contains(framing, lower):
			continue
		}
		out.Fields = append(out.Fields, Field{Name: string(field.Name), Value: string(field.Value), At: -1})
	}
	left := size - int64(used)
	switch {
	case resp.Status < 200:
		return Answered{}, reason.RuleMessage.With(name, 1, reason.RuleStatus.With(resp.Status))
	case http1.Contentless(resp.Status) && left > 0:
		return Answered{}, reason.RuleMessage.With(name, 1, reason.RuleNoBody.With(resp.Status))
	case left <= 0:
		return out, why
	}
	if _, err := f.Seek(int64(used), io.SeekStart); err != nil {
		return Answered{}, fileProblem(name, err)
	}
	out.File, out.Size, out.Name = f, left, name
	return out, why
}

// messageHead is the head that a file begins with, with the line ends of HTTP whatever the
// editor wrote, and how many bytes of the file it takes.
func messageHead(raw []byte) (head []byte, used int) {
	for line := range bytes.Lines(raw) {
		used += len(line)
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		head = append(append(head, line...), "\r\n"...)
		if len(line) == 0 {
			return head, used
		}
	}
	return append(head, "\r\n"...), used // of no body
}

var errMessageHead = errors.New("the head is too long")

// parseMessage reads a head strictly; line is where it breaks the rules, from 1.
func parseMessage(head []byte) (resp http1.Response, line int, err error) {
	if resp, err = parseHead(head); err == nil {
		return resp, 0, nil
	}
	// The first line without which all before it can be read.
	end := 0
	for text := range bytes.Lines(head) {
		end += len(text)
		line++
		if _, wrong := parseHead(append(slices.Clone(head[:end]), "\r\n"...)); wrong != nil {
			return resp, line, wrong
		}
		if line > messageLimits.Fields {
			break
		}
	}
	return resp, line, err
}

func parseHead(head []byte) (http1.Response, error) {
	resp, err := http1.WholeResponse(head, &messageLimits)
	switch {
	case err != http1.ErrNotWhole:
	case len(bytes.TrimSpace(head)) == 0:
		err = http1.ErrStatusLine // nor any other
	default:
		err = errMessageHead
	}
	return resp, err
}
