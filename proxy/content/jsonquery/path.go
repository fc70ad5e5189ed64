package jsonquery

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/theory/jsonpath"
	"github.com/theory/jsonpath/spec"
)

func compilePath(source string) (question, error) {
	path, err := jsonpath.Parse(source)
	if err != nil {
		return nil, pathSyntax(strings.TrimPrefix(err.Error(), jsonpath.ErrPathParse.Error()+": "))
	}
	segments := path.Query().Segments()
	for _, segment := range segments {
		for _, selector := range segment.Selectors() {
			if f, ok := selector.(*spec.FilterSelector); ok && !modest(f.String()) {
				return nil, ErrComplex
			}
		}
	}
	return func(ctx context.Context, value any, out *printer) error {
		w := walk{ctx: ctx, root: value, out: out}
		return w.from(segments, value)
	}, nil
}

// place is at the end of what the library says.
var place = regexp.MustCompile(` at position (\d+)$`)

// pathSyntax says where a path is not understood.
func pathSyntax(msg string) *Error {
	e := &Error{Syntax: true, Msg: msg}
	at := place.FindStringSubmatch(msg)
	switch {
	case strings.HasPrefix(msg, "unexpected end of input"), strings.HasPrefix(msg, "unexpected eof"):
		e.Fault = FaultEnd
	case strings.HasPrefix(msg, "unknown function "):
		e.Fault = FaultFunction
	case at != nil:
		e.Fault = FaultToken
		e.At, _ = strconv.Atoi(at[1]) // digits
	}
	return e
}

// modest reports whether a filter takes about as long as the text has nodes, for each value
// that it is tried on: the library is not interrupted meanwhile. One that goes through the
// whole text for each value of the whole text is not.
func modest(filter string) bool {
	return strings.Count(filter, "$") <= 1 && strings.Count(filter, "..") <= 2
}

// walk selects values one after the other, so that it can be called off, and in an order that
// does not change: that of the names of members.
type walk struct {
	ctx   context.Context
	root  any
	out   *printer
	steps int
}

// stepsAtOnce are the steps between two looks at the context.
const stepsAtOnce = 1000

func (w *walk) from(segments []*spec.Segment, node any) error {
	if len(segments) == 0 {
		return w.out.add(w.ctx, node)
	}
	if err := w.here(segments, node); err != nil || !segments[0].IsDescendant() {
		return err
	}
	return w.each(node, func(child any) error { return w.from(segments, child) })
}

// here applies the first segment's selectors to a value.
func (w *walk) here(segments []*spec.Segment, node any) error {
	for _, selector := range segments[0].Selectors() {
		var err error
		switch s := selector.(type) {
		case spec.WildcardSelector, *spec.WildcardSelector:
			err = w.each(node, func(child any) error { return w.from(segments[1:], child) })
		case *spec.FilterSelector:
			err = w.each(node, func(child any) error {
				if !s.Eval(child, w.root) {
					return nil
				}
				return w.from(segments[1:], child)
			})
		default:
			for _, child := range selector.Select(node, w.root) {
				if err = w.step(); err == nil {
					err = w.from(segments[1:], child)
				}
				if err != nil {
					break
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return w.step()
}

// each visits the children of a value.
func (w *walk) each(node any, visit func(any) error) error {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			if err := w.step(); err != nil {
				return err
			}
			if err := visit(child); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(node)) {
			if err := w.step(); err != nil {
				return err
			}
			if err := visit(node[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walk) step() error {
	if w.steps++; w.steps%stepsAtOnce == 0 && w.ctx.Err() != nil {
		return causeOf(w.ctx, w.ctx.Err())
	}
	return nil
}
