package imports

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// node is an element of XML.
type node struct {
	name string
	text string // of it alone, known once it has ended
	line int
	kids []*node
}

// Bounds of XML.
const (
	maxNodes = 200_000
	maxDepth = 40
)

// readXML reads a document whole.
func readXML(text []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	root := &node{}
	open := []*node{root}
	texts := [][]byte{nil} // of those that are open
	for n := 0; ; {
		token, err := d.Token()
		if err == io.EOF {
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if n++; n > maxNodes || len(open) > maxDepth {
				return nil, &reasonError{reason.ImportLarge.With()}
			}
			line, _ := d.InputPos()
			one := &node{name: t.Name.Local, line: line}
			top.kids, open, texts = append(top.kids, one), append(open, one), append(texts, nil)
		case xml.EndElement:
			if last := len(open) - 1; last > 0 {
				top.text = string(texts[last])
				open, texts = open[:last], texts[:last]
			}
		case xml.CharData:
			texts[len(texts)-1] = append(texts[len(texts)-1], t...)
		}
	}
}

// reasonError is an error that has a reason.
type reasonError struct{ why flow.Reason }

func (e *reasonError) Error() string       { return reason.English(e.why) }
func (e *reasonError) Reason() flow.Reason { return e.why }

// get is the first element below by names, empty where there is none.
func (n *node) get(names ...string) *node {
	for _, name := range names {
		var next *node
		for _, kid := range n.kids {
			if kid.name == name {
				next = kid
				break
			}
		}
		if next == nil {
			return &node{}
		}
		n = next
	}
	return n
}

// value is the text of an element below.
func (n *node) value(names ...string) string { return strings.TrimSpace(n.get(names...).text) }

func (n *node) is(names ...string) bool { return n.value(names...) == "true" }

// each visits all elements of a name.
func (n *node) each(visit func(*node)) {
	for _, kid := range n.kids {
		visit(kid)
		kid.each(visit)
	}
}

// raw is the text of an element below as it stands.
func (n *node) raw(name string) string { return n.get(name).text }

// leaf is the first element below, at any depth, whose name holds all of some words, whatever their
// case, and that has a text; "" where there is none.
func (n *node) leaf(words ...string) (text string) {
	n.each(func(kid *node) {
		name := strings.ToLower(kid.name)
		for _, word := range words {
			if !strings.Contains(name, word) {
				return
			}
		}
		if text == "" {
			text = strings.TrimSpace(kid.text)
		}
	})
	return text
}
