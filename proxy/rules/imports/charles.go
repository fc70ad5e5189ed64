package imports

import (
	"strconv"
	"strings"

	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// charles is a file of Charles that is read.
type charles struct {
	Result
	off   bool   // the tool is switched off
	slow  bool   // a list of networks says that it is on, and has one alone
	entry string // what the tool is called, where a file has several
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
		switch {
		case n.name == "entry":
			c.entry = n.value("string")
		case charlesTools[n.name]:
			c.off, known = n.value("toolEnabled") == "false", true
			c.tool(n)
		case n.name == "mapMapping":
			c.remote(n)
		case n.name == "mapLocalMapping":
			c.local(n)
		case n.name == "breakpoint":
			c.breakpoint(n)
		case n.name == "rewriteSet":
			known = true
			c.rewrite(n)
		case isThrottling(n):
			known = true
			c.throttling(n)
		}
	})
	if !known {
		return nil, &reasonError{reason.ImportUnknown.With(string(Charles))}
	}
	return &c.Result, nil
}

// charlesTools are the elements of tools.
var charlesTools = map[string]bool{"map": true, "mapLocal": true, "rewrite": true, "blacklist": true, "blockList": true, "noCaching": true,
	"breakpoints": true, "whitelist": true, "allowList": true, "dnsSpoofing": true, "dnsMap": true, "selectedHostsTool": true}

// take adds a rule that is off where the other program has it so.
func (c *charles) take(n *node, one Taken, on bool) {
	one.Off = one.Off || !on || c.off
	c.add(n.line, one)
}

// tool reads tools that are lists of places.
func (c *charles) tool(n *node) {
	if n.get("toolEnabled").name == "" && n.name == "breakpoints" { // the list within it
		return
	}
	where := []string{""}
	name := n.name
	if name == "selectedHostsTool" {
		name = c.entry
	}
	switch name {
	case "map", "mapLocal", "rewrite", "breakpoints": // by what is in them
		return
	case "":
		c.lose(n.line, n.name, reason.ImportPlace.With())
		return
	}
	if n.value("useSelectedLocations") != "false" || name == "blacklist" || name == "blockList" {
		where = c.places(n)
	}
	one := rules.Rule{Name: name}
	switch name {
	case "blacklist", "blockList":
		one.Name, one.Block = "Block List", rules.BlockForbid
		if n.value("action") == "0" || n.is("dropConnection") {
			one.Block = rules.BlockReset
		}
	case "noCaching", "No Caching":
		one.Name, one.NoCache = "No Caching", true
	case "Block Cookies":
		one.Request, one.Response = &rules.Edit{Remove: []string{"Cookie"}}, &rules.Edit{Remove: []string{"Set-Cookie"}}
	default:
		c.lacks(n.line, Taken{Rule: one}, name)
		return
	}
	for _, one.When = range where {
		c.take(n, Taken{Rule: one}, true)
	}
}

// breakpoint has messages wait for a person.
func (c *charles) breakpoint(n *node) {
	when, ok := location(n.get("location"))
	place := n.value("location", "host") + n.value("location", "path")
	if !ok {
		c.lose(n.line, place, reason.ImportPlace.With())
		return
	}
	one := Taken{Rule: rules.Rule{Name: "Breakpoint " + place, When: when}}
	switch request, response := n.is("request"), n.is("response"); {
	case request && response:
		one.Break = rules.BreakBoth
	case response:
		one.Break = rules.BreakResponse
	case request:
		one.Break = rules.BreakRequest
	default:
		one.Break, one.Off = rules.BreakBoth, true
	}
	c.take(n, one, n.value("enabled") != "false")
}

// maxCondition bounds a condition that is made of several places, in bytes: a filter may be longer.
const maxCondition = 3000

// places are the conditions of all places below an element that are on, as few as they fit into.
func (c *charles) places(n *node) (whens []string) {
	var all []string
	size := 0
	n.each(func(n *node) {
		if n.name != "locationMatch" || n.value("enabled") == "false" {
			return
		}
		if one, fits := location(n.get("location")); fits {
			if size += len(one) + len(") | ("); size > maxCondition && len(all) > 0 {
				whens, all, size = append(whens, either(all)), nil, len(one)
			}
			all = append(all, one)
		} else {
			c.lose(n.line, n.value("location", "host")+n.value("location", "path"), reason.ImportPlace.With())
		}
	})
	if len(all) > 0 {
		whens = append(whens, either(all))
	}
	return whens
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
	one := Taken{Rule: rules.Rule{Name: name, When: when, Off: n.value("enabled") == "false" || c.off}}
	under := strings.TrimSuffix(from.path, "*")
	if under == "" || under[0] != '/' {
		under = "/" + under
	}
	c.outside(&one, n.value("dest"), under, false)
	c.add(n.line, one)
}
