package imports

import (
	"regexp"
	"strconv"

	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// The kinds of Charles' rewrite rules, as its files number them.
const (
	rewriteAddHeader    = "1"
	rewriteRemoveHeader = "2"
	rewriteModifyHeader = "3"
	rewriteHost         = "4"
	rewritePath         = "5"
	rewriteURL          = "6"
	rewriteBody         = "7"
	rewriteAddQuery     = "8"
	rewriteModifyQuery  = "9"
	rewriteRemoveQuery  = "10"
	rewriteStatus       = "11"
)

// rewrite is a set of Charles' Rewrite: each of its rules is one here, for all of its places.
func (c *charles) rewrite(n *node) {
	when, ok := c.places(n.get("hosts"))
	name := n.value("name")
	if !ok {
		c.lose(n.line, name, reason.ImportPlace.With())
		return
	}
	for _, one := range n.get("rules").kids {
		if one.name != "rewriteRule" {
			continue
		}
		on := n.value("active") != "false" && one.value("active") != "false"
		made, lacks := rewriteOf(one)
		made.Name, made.Folder, made.When = name, name, both(when, made.When)
		if lacks != "" {
			c.lacks(one.line, made, lacks)
			continue
		}
		c.take(one, made, on)
	}
}

// rewriteOf is one rule of a set; lacks is what it does where there is no action for that.
func rewriteOf(n *node) (t Taken, lacks string) {
	header, value := n.value("matchHeader"), n.value("newValue")
	if name := n.value("newHeader"); header == "" {
		header = name
	}
	edit := &rules.Edit{}
	switch kind := n.value("ruleType"); kind {
	case rewriteAddHeader:
		edit.Add = []string{header + ": " + value}
	case rewriteRemoveHeader:
		edit.Remove = []string{header}
		if n.value("matchValue") != "" {
			return t, "Remove Header where it has a value"
		}
	case rewriteModifyHeader:
		if name := n.value("newHeader"); name != "" && name != header {
			return t, "Modify Header: another name"
		}
		find, with := finds(n)
		edit.Replace = []rules.Replace{{Field: header, Find: find, With: with}}
	case rewriteAddQuery, rewriteModifyQuery, rewriteRemoveQuery:
		return parameter(n, kind, header, value), ""
	case rewriteStatus:
		status, err := strconv.Atoi(value)
		if err != nil {
			return t, "Response Status " + value
		}
		t.Response = &rules.Edit{Status: status}
		if was := n.value("matchValue"); was != "" {
			t.When = "status:" + was
		}
		return t, ""
	case rewriteHost:
		return hostOf(n, value), ""
	case rewritePath:
		find, with := finds(n)
		t.Send = &rules.Send{Find: find, With: with}
		return t, ""
	case rewriteURL:
		return t, "URL"
	case rewriteBody:
		return t, "Body"
	default:
		return t, "ruleType " + kind
	}
	if n.is("matchRequest") || !n.is("matchResponse") {
		t.Request = edit
	}
	if n.is("matchResponse") {
		t.Response = edit
	}
	return t, ""
}

// parameter is a rule for a parameter.
func parameter(n *node, kind, name, value string) (t Taken) {
	pairs := &rules.Pairs{}
	switch kind {
	case rewriteAddQuery:
		pairs.Add = []string{name + "=" + value}
	case rewriteModifyQuery:
		pairs.Set = []string{name + "=" + value}
	default:
		pairs.Remove = []string{name}
	}
	t.Request = &rules.Edit{Query: pairs}
	return t
}

// hostOf is a rule for the host.
func hostOf(n *node, value string) (t Taken) {
	to := splitURL(value)
	t.Send = &rules.Send{Scheme: to.scheme, Host: to.host}
	t.Send.Port, _ = strconv.Atoi(to.port)
	if was := n.value("matchValue"); was != "" && n.is("matchValueRegex") {
		t.When = expression("host", was, "")
	} else if was != "" {
		from := place{host: was}
		t.When, _ = from.condition()
	}
	return t
}

// finds is what a rule looks for and what takes its place, as Replace has them.
func finds(n *node) (find, with string) {
	find, with = n.value("matchValue"), n.value("newValue")
	whole := n.is("matchWholeValue")
	if find == "" {
		return "/^.*$/", literal(with)
	}
	if !n.is("matchValueRegex") {
		if n.is("caseSensitive") && !whole {
			return find, with
		}
		find, with = regexp.QuoteMeta(find), literal(with)
	}
	if whole {
		find = "^(?:" + find + ")$"
	}
	if !n.is("caseSensitive") {
		find = "(?i)" + find
	}
	return "/" + find + "/", with
}

// literal is a text as what comes in the place of a regular expression.
func literal(text string) string {
	var b []byte
	for i := range len(text) {
		if b = append(b, text[i]); text[i] == '$' {
			b = append(b, '$')
		}
	}
	return string(b)
}
