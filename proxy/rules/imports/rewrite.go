package imports

import (
	"regexp"
	"strconv"
	"strings"

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
	whens := c.places(n.get("hosts"))
	name := n.value("name")
	if len(whens) == 0 {
		c.lose(n.line, name, reason.ImportPlace.With())
		return
	}
	for _, one := range n.get("rules").kids {
		if one.name != "rewriteRule" || c.full() {
			continue
		}
		on := n.value("active") != "false" && one.value("active") != "false"
		for _, when := range whens {
			made, lacks := rewriteOf(one)
			made.Name, made.Folder, made.When = name, name, both(when, made.When)
			if lacks != "" {
				c.lacks(one.line, made, lacks)
				break
			}
			c.take(one, made, on)
		}
	}
}

// rewriteOf is one rule of a set; lacks is what it does where there is no action for that.
func rewriteOf(n *node) (t Taken, lacks string) {
	header, value := n.value("matchHeader"), n.raw("newValue")
	if name := n.value("newHeader"); header == "" {
		header = name
	}
	edit := &rules.Edit{}
	find, with, first := finds(n)
	switch kind := n.value("ruleType"); kind {
	case rewriteAddHeader:
		edit.Add = []string{header + ": " + value}
	case rewriteRemoveHeader:
		edit.Remove = []string{header}
		if n.value("matchValue") != "" {
			return t, "Remove Header where it has a value"
		}
	case rewriteModifyHeader:
		if name := n.value("newHeader"); name != "" && !strings.EqualFold(name, header) {
			return t, "Modify Header: another name"
		}
		edit.Replace = []rules.Replace{{Field: header, Find: find, With: with}}
	case rewriteAddQuery, rewriteModifyQuery, rewriteRemoveQuery:
		return parameter(n, kind, header, value)
	case rewriteStatus:
		return statusOf(n, value)
	case rewriteHost:
		return hostOf(n, value), ""
	case rewritePath:
		t.Send = &rules.Send{Find: find, With: with}
		return t, ""
	case rewriteURL:
		return urlOf(n, value)
	case rewriteBody:
		edit.Body = bodyOf(n, find, with, value)
	default:
		return t, "ruleType " + kind
	}
	if first && find != "" && len(edit.Add)+len(edit.Remove) == 0 {
		t.Why = append(t.Why, reason.ImportOnce.With("Charles"))
	}
	if n.is("matchRequest") || !n.is("matchResponse") {
		t.Request = edit
	}
	if n.is("matchResponse") {
		t.Response = edit
	}
	return t, ""
}

// bodyOf is what becomes of a body: all of it is another, or what is found in it.
func bodyOf(n *node, find, with, value string) *rules.Body {
	if n.raw("matchValue") == "" {
		return &rules.Body{Text: &value}
	}
	if n.is("matchWholeValue") {
		find, with, _ = findsWhole(n, `\A`, `\z`)
	}
	return &rules.Body{Replace: []rules.BodyFind{{Find: find, With: with}}}
}

// statusOf is a rule for the status.
func statusOf(n *node, value string) (t Taken, lacks string) {
	status, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil {
		return t, "Response Status " + value
	}
	t.Response = &rules.Edit{Status: status}
	if was := n.value("matchValue"); was != "" {
		if _, err := strconv.Atoi(was); err != nil {
			return t, "Response Status " + was
		}
		t.When = "status:" + was
	}
	return t, ""
}

// parameter is a rule for a parameter.
func parameter(n *node, kind, name, value string) (t Taken, lacks string) {
	pairs := &rules.Pairs{}
	t.Request = &rules.Edit{Query: pairs}
	name, pair := encoded(name), encoded(name)+"="+encoded(value)
	was := n.value("matchValue")
	switch {
	case kind == rewriteAddQuery:
		pairs.Add = []string{pair}
	case kind == rewriteRemoveQuery && was != "":
		return t, "Remove Query Param where it has a value"
	case kind == rewriteRemoveQuery:
		pairs.Remove = []string{name}
	case was != "" && n.value("newHeader") != "" && n.value("newHeader") != n.value("matchHeader"):
		return t, "Modify Query Param: another name"
	case was != "":
		find, with, _ := finds(n)
		if !n.is("matchValueRegex") {
			with = literal(encoded(value))
			find = "/(?i)" + regexp.QuoteMeta(encoded(was)) + "/"
		}
		pairs.Replace = []rules.PairFind{{Name: name, Find: find, With: with}}
	default:
		pairs.Set = []string{pair}
	}
	return t, ""
}

// hostOf is a rule for the host.
func hostOf(n *node, value string) (t Taken) {
	to := splitURL(strings.TrimSpace(value))
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

// urlOf is a rule for the whole URL, where one that begins with a host becomes another.
func urlOf(n *node, value string) (t Taken, lacks string) {
	from, to := splitURL(n.value("matchValue")), splitURL(strings.TrimSpace(value))
	if n.is("matchValueRegex") || from.scheme == "" || from.host == "" || to.scheme == "" || to.host == "" || from.query+to.query != "" ||
		isGlob(from.host+from.path) {
		return t, "URL"
	}
	t.Send = &rules.Send{Scheme: strings.ToLower(to.scheme), Host: to.host}
	t.Send.Port, _ = strconv.Atoi(to.port)
	if from.path != to.path && from.path+to.path != "/" {
		t.Send.Find, t.Send.With = "/^"+regexp.QuoteMeta(from.path)+"/", literal(to.path)
		if from.path == "" {
			return t, "URL"
		}
	}
	if from.path != "" {
		from.path += "*"
	}
	when, ok := from.condition()
	if !ok {
		return t, "URL"
	}
	t.When = when
	return t, ""
}

// finds is what a rule looks for and what takes its place, as Replace has them; first says that
// Charles replaces only what it finds first.
func finds(n *node) (find, with string, first bool) { return findsWhole(n, "^", "$") }

// findsWhole is finds with what stands for the begin and the end of the whole.
func findsWhole(n *node, begin, end string) (find, with string, first bool) {
	find, with, first = n.raw("matchValue"), n.raw("newValue"), n.value("replaceType") == "1"
	whole := n.is("matchWholeValue")
	if find == "" {
		return "/^.*$/", literal(with), false
	}
	if n.is("matchValueRegex") {
		with = javaGroups(with)
	} else {
		if n.is("caseSensitive") && !whole && find[0] != '/' { // between slashes it would be an expression
			return find, with, first
		}
		find, with = regexp.QuoteMeta(find), literal(with)
	}
	if whole {
		find, first = begin+"(?:"+find+")"+end, false
	}
	if !n.is("caseSensitive") {
		find = "(?i)" + find
	}
	return "/" + find + "/", with, first
}

// javaGroups is what comes in the place of a match in Java, as a rule has it: there a backslash makes
// a character plain, and a group's number has one digit where no other group has two.
func javaGroups(with string) string {
	var b strings.Builder
	for at := 0; at < len(with); at++ {
		switch c := with[at]; {
		case c == '\\' && at+1 < len(with):
			at++
			b.WriteString(literal(with[at : at+1]))
		case c == '$' && at+1 < len(with) && '0' <= with[at+1] && with[at+1] <= '9':
			at++
			b.WriteString("${" + with[at:at+1] + "}")
		default:
			b.WriteString(literal(with[at : at+1]))
		}
	}
	return b.String()
}

// literal is a text as what comes in the place of a regular expression.
func literal(text string) string { return strings.ReplaceAll(text, "$", "$$") }
