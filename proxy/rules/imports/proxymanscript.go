package imports

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"posthouse/proxy/rules"
)

// A script of Proxyman is taken where each of its statements is one that says by itself what is
// done: nothing of it is run.

var (
	scriptFunction = regexp.MustCompile(`^(?:async )?function on(Request|Response)\([\w, ]*\) ?\{$`)
	scriptEnd      = regexp.MustCompile(`^\};?$`)
	scriptReturn   = regexp.MustCompile(`^return (?:request|response);?$`)
	scriptIdle     = regexp.MustCompile(`^(?:console\.log\([^()]*\)|//.*|"use strict")?;?$`)
	scriptSet      = regexp.MustCompile(`^(request|response)\.(\w+)(?:\[("[^"\\]+"|'[^'\\]+')\]|\.([A-Za-z_]\w*))? ?= ?` +
		`("(?:[^"\\]|\\["\\/nt])*"|'[^'\\]*'|\d{1,5});?$`)
	scriptDelete = regexp.MustCompile(`^delete (request|response)\.(\w+)\[("[^"\\]+"|'[^'\\]+')\];?$`)
)

// maxScript bounds a script that is read, in bytes.
const maxScript = 64 << 10

// script takes the script of a rule; false where it cannot be taken.
func (r *Result) script(v map[string]any, one Taken) bool {
	for _, key := range slices.Sorted(maps.Keys(v)) {
		text, is := v[key].(string)
		if !is || len(text) > maxScript || !strings.Contains(text, "function on") {
			continue
		}
		if !scriptOf(text, &one.Rule) {
			return false
		}
		if v["isEnableRequest"] == false {
			one.Request, one.Send = nil, nil
		}
		if v["isEnableResponse"] == false {
			one.Response = nil
		}
		r.add(0, one)
		return true
	}
	return false
}

// scriptOf has a rule do what a script does; false where there is anything else in it.
func scriptOf(text string, to *rules.Rule) bool {
	side, returned := "", false
	seen := map[string]bool{}
	var behind rules.Rule // what is behind a return, which is never done
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if m := scriptFunction.FindStringSubmatch(line); m != nil {
			if name := strings.ToLower(m[1]); side == "" && !seen[name] { // of two of one name the last one counts
				side, seen[name] = name, true
				continue
			}
			return false
		}
		does := to
		if returned {
			does = &behind
		}
		switch {
		case scriptEnd.MatchString(line) && side != "":
			side, returned = "", false
		case scriptReturn.MatchString(line) && side != "":
			returned = true
		case scriptIdle.MatchString(line):
		case !scriptDoes(line, side, does):
			return false
		}
	}
	return side == "" && (to.Request != nil || to.Response != nil || to.Send != nil)
}

// scriptDoes has a rule do one statement; false where it cannot.
func scriptDoes(line, side string, to *rules.Rule) bool {
	if m := scriptDelete.FindStringSubmatch(line); m != nil && m[1] == side {
		return scriptRemove(m, to)
	}
	m := scriptSet.FindStringSubmatch(line)
	return m != nil && m[1] == side && scriptPut(m, to)
}

// scriptText is a literal without its quotes.
func scriptText(literal string) string {
	var text string
	if json.Unmarshal([]byte(literal), &text) == nil {
		return text
	}
	return strings.Trim(literal, "'")
}

// scriptEdit is what a rule does to one side.
func scriptEdit(side string, to *rules.Rule) *rules.Edit {
	at := &to.Request
	if side == "response" {
		at = &to.Response
	}
	if *at == nil {
		*at = &rules.Edit{}
	}
	return *at
}

func scriptRemove(m []string, to *rules.Rule) bool {
	name := scriptText(m[3])
	e := scriptEdit(m[1], to)
	switch {
	case m[2] == "headers":
		e.Remove = append(e.Remove, name)
	case m[2] == "queries" && m[1] == "request":
		if e.Query == nil {
			e.Query = &rules.Pairs{}
		}
		e.Query.Remove = append(e.Query.Remove, encoded(name))
	default:
		return false
	}
	return true
}

// scriptPut does one assignment.
func scriptPut(m []string, to *rules.Rule) bool {
	side, what, name, value := m[1], m[2], scriptText(m[3])+m[4], scriptText(m[5])
	number := m[5][0] >= '0' && m[5][0] <= '9'
	if name != "" {
		e := scriptEdit(side, to)
		switch {
		case what == "headers":
			e.Set = append(e.Set, name+": "+value)
		case what == "queries" && side == "request":
			if e.Query == nil {
				e.Query = &rules.Pairs{}
			}
			e.Query.Set = append(e.Query.Set, encoded(name)+"="+encoded(value))
		default:
			return false
		}
		return true
	}
	switch {
	case what == "statusCode" && side == "response" && number:
		scriptEdit(side, to).Status = atoi(value)
		return true
	case what == "body" && !number:
		scriptEdit(side, to).Body = &rules.Body{Text: &value}
		return true
	case side != "request":
		return false
	case what == "method" && !number:
		scriptEdit(side, to).Method = value
		return true
	}
	if to.Send == nil {
		to.Send = &rules.Send{}
	}
	switch {
	case what == "scheme" && !number:
		to.Send.Scheme = value
	case what == "host" && !number:
		to.Send.Host = value
	case what == "port" && number:
		to.Send.Port = atoi(value)
	case what == "path" && strings.HasPrefix(value, "/"):
		to.Send.Path = value
	default:
		return false
	}
	return true
}

func atoi(text string) (n int) {
	for _, c := range text {
		n = n*10 + int(c-'0')
	}
	return n
}
