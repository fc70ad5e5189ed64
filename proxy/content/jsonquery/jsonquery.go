// Package jsonquery asks JSON texts in jq and in JSONPath (RFC 9535), within limits: the
// texts come from the network, and a question may ask for more than there is room for.
//
// A call runs on the goroutine of its caller. While jq works, another goroutine watches the
// heap; it ends before Run returns. jq has no access to files, to the environment, or to
// anything but its input. What one built-in function of jq does is not interrupted.
package jsonquery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	MaxInput   = 32 << 20        // bytes of the text
	MaxSource  = 4096            // bytes of the question
	MaxTime    = 2 * time.Second // for one question
	MaxHeap    = 256 << 20       // bytes by which the heap may grow meanwhile
	MaxResults = 10_000          // values
	MaxOutput  = 32 << 20        // bytes of all values as text
	maxDepth   = 10_000          // of a value, as encoding/json reads it
	heapEvery  = 5 * time.Millisecond
)

// Why there is no answer, or not all of it.
var (
	ErrInput   = errors.New("the text is larger than 32 MiB")
	ErrNoJSON  = errors.New("the text is not JSON")
	ErrTime    = errors.New("it took longer than 2 seconds")
	ErrHeap    = errors.New("it took more than 256 MiB of memory")
	ErrComplex = errors.New("a filter of the path asks for too much")
)

// Language is what a question is written in.
type Language uint8

const (
	JQ Language = iota
	JSONPath
)

// LanguageOf tells the two apart: a path begins with $ alone, as nothing in jq does.
func LanguageOf(source string) Language {
	source = strings.TrimSpace(source)
	if source == "$" || strings.HasPrefix(source, "$.") || strings.HasPrefix(source, "$[") {
		return JSONPath
	}
	return JQ
}

// Error says that a question cannot be understood, or not be answered of this text.
type Error struct {
	Syntax bool // it cannot be understood
	Fault  Fault
	At     int    // character that cannot be understood, from 1; 0: not known, or the end
	Token  string // what stands there, where that is known
	Msg    string // in the words of what reads the question
}

// Fault is what is wrong with a question, as far as it is told apart.
type Fault uint8

const (
	FaultOther     Fault = iota
	FaultEnd             // it ends too soon
	FaultToken           // something stands where it has no meaning
	FaultFunction        // there is no function of this name
	FaultVariable        // there is no variable of this name
	FaultNotObject       // a member is asked of what is no object
	FaultNotArray        // an element is asked of what is no list
	FaultNotEach         // each value is asked of what holds none
)

func (e *Error) Error() string { return e.Msg }

// Answer is what a question yields.
type Answer struct {
	Text    string // the values, set out, each on lines of its own; no line end behind the last
	Results int
	More    bool // there are more results than are kept
}

// Run asks a text, each of its values if there are several. With an error comes what was
// found before it.
func Run(ctx context.Context, source, text string) (Answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, MaxTime, ErrTime)
	defer cancel()
	ask, err := compile(source)
	if err != nil {
		return Answer{}, err
	}
	if len(text) > MaxInput {
		return Answer{}, ErrInput
	}
	out := &printer{ctx: ctx}
	read := json.NewDecoder(strings.NewReader(text))
	read.UseNumber()
	for {
		var value any
		switch err := read.Decode(&value); {
		case err == io.EOF:
			return out.answer(), nil
		case err != nil:
			return out.answer(), ErrNoJSON
		}
		if err := ask(ctx, value, out); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			if errors.Is(err, errFull) {
				return out.answer(), nil
			}
			return out.answer(), err
		}
	}
}

// Check says why a question cannot be understood; nil where it can.
func Check(source string) error {
	_, err := compile(source)
	return err
}

// question asks one value.
type question func(ctx context.Context, value any, out *printer) error

func compile(source string) (question, error) {
	if len(source) > MaxSource {
		return nil, &Error{Syntax: true, Msg: fmt.Sprintf("it is longer than %d bytes", MaxSource)}
	}
	if LanguageOf(source) == JSONPath {
		return compilePath(strings.TrimSpace(source))
	}
	return compileJQ(source)
}
