package imports

import (
	"bytes"
	"encoding/xml"
	"io"
	"path"
	"strconv"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// node is an element of XML.
type node struct {
	name string
	text string
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
			top.kids, open = append(top.kids, one), append(open, one)
		case xml.EndElement:
			if len(open) > 1 {
				open = open[:len(open)-1]
			}
		case xml.CharData:
			top.text += string(t)
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

// charles is a file of Charles that is read.
type charles struct {
	Result
	off bool // the tool is switched off
}

// readCharles reads what Charles exports of its tools, or all of its settings.
func readCharles(text []byte) (*Result, error) {
	root, err := readXML(text)
	if err != nil {
		return nil, err
	}
	c := &charles{Result: Result{Format: Charles}}
	known := false
	root.each(func(n *node) {
		switch n.name {
		case "map", "mapLocal", "rewrite", "blacklist", "blockList", "noCaching", "breakpoints", "throttling", "whitelist", "allowList",
			"dnsSpoofing", "dnsMap":
			c.off, known = n.value("toolEnabled") == "false", true
			c.tool(n)
		case "mapMapping":
			c.remote(n)
		case "mapLocalMapping":
			c.local(n)
		case "rewriteSet":
			known = true
			c.rewrite(n)
		}
	})
	if !known {
		return nil, &reasonError{reason.ImportUnknown.With(string(Charles))}
	}
	return &c.Result, nil
}

// take adds a rule that is off where the other program has it so.
func (c *charles) take(n *node, one Taken, on bool) {
	one.Off = one.Off || !on || c.off
	c.add(n.line, one)
}

// tool reads tools that are lists of places.
func (c *charles) tool(n *node) {
	where, ok := c.places(n)
	switch n.name {
	case "blacklist", "blockList":
		if ok {
			block := rules.BlockForbid
			if n.value("action") == "0" || n.is("dropConnection") {
				block = rules.BlockReset
			}
			c.take(n, Taken{Rule: rules.Rule{Name: "Block List", When: where, Block: block}}, true)
		}
	case "noCaching":
		if ok || n.value("useSelectedLocations") == "false" {
			c.take(n, Taken{Rule: rules.Rule{Name: "No Caching", When: where, NoCache: true}}, true)
		}
	case "breakpoints", "throttling", "whitelist", "allowList", "dnsSpoofing", "dnsMap":
		if n.get("toolEnabled").name != "" {
			c.lacks(n.line, Taken{Rule: rules.Rule{Name: n.name, When: where}}, n.name)
		}
	}
}

// places is the condition of all places below an element that are on; ok is false for none.
func (c *charles) places(n *node) (when string, ok bool) {
	var all []string
	n.each(func(n *node) {
		if n.name != "locationMatch" || n.value("enabled") == "false" {
			return
		}
		if one, fits := location(n.get("location")); fits {
			all = append(all, one)
		} else {
			c.lose(n.line, n.value("location", "host")+n.value("location", "path"), reason.ImportPlace.With())
		}
	})
	return either(all), len(all) > 0
}

func locationPlace(n *node) place {
	return place{scheme: n.value("protocol"), host: n.value("host"), port: n.value("port"), path: n.value("path"), query: n.value("query")}
}

func location(n *node) (when string, ok bool) {
	p := locationPlace(n)
	return p.condition()
}

// remote is Map Remote.
func (c *charles) remote(n *node) {
	from, to := locationPlace(n.get("sourceLocation")), locationPlace(n.get("destLocation"))
	when, ok := from.condition()
	name := "Map Remote " + from.host + from.path
	if !ok {
		c.lose(n.line, name, reason.ImportPlace.With())
		return
	}
	send := &rules.Send{Scheme: strings.ToLower(to.scheme), Host: strings.Trim(to.host, "[]"), KeepHost: n.is("preserveHostHeader")}
	send.Port, _ = strconv.Atoi(to.port)
	if to.path != "" && to.path != "*" {
		dest := to.path
		if dest[0] != '/' {
			dest = "/" + dest
		}
		dest = strings.TrimSuffix(dest, "*")
		if begin, open := strings.CutSuffix(from.path, "*"); open && begin != "" {
			send.Find, send.With = "/^"+glob(begin)+"/", strings.ReplaceAll(dest, "$", "$$")
		} else {
			send.Path = dest
		}
	}
	c.take(n, Taken{Rule: rules.Rule{Name: name, When: when, Send: send}}, n.value("enabled") != "false")
}

// local is Map Local. Its file lies where rules have none.
func (c *charles) local(n *node) {
	from := locationPlace(n.get("sourceLocation"))
	when, ok := from.condition()
	name := "Map Local " + from.host + from.path
	if !ok {
		c.lose(n.line, name, reason.ImportPlace.With())
		return
	}
	c.add(n.line, outside(rules.Rule{Name: name, When: when}, n.value("dest")))
}

// outside is a rule that answers with a file elsewhere on this computer: it is off until that
// lies in the folder of the rules.
func outside(r rules.Rule, file string) Taken {
	to := "answers/" + fileName(file)
	r.Answer, r.Off = &rules.Answer{File: to}, true
	return Taken{Rule: r, Why: []flow.Reason{reason.ImportFile.With(clean(file), to)}}
}

// fileName is the name of a file that lies in a folder of any system.
func fileName(file string) string {
	name := path.Base(strings.ReplaceAll(file, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd || strings.ContainsRune(`<>:"/\|?*%`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(clean(name), ". …~-")
	if name == "" {
		return "body"
	}
	return name
}
