package imports

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// action is a rule that operations of one line make, with others that are needed beside it.
type action struct {
	w    *whistle
	from pattern
	rule Taken
	more []Taken
}

// operations are those that have an action here. Each says what cannot be done, "" where all can.
var operations map[string]func(a *action, name, value string) (lacks string)

func init() {
	operations = map[string]func(*action, string, string) string{
		"host": (*action).host, "statusCode": (*action).status, "redirect": (*action).redirect, "replaceStatus": (*action).replaceStatus,
		"file": (*action).file, "xfile": (*action).file, "tpl": (*action).file, "xtpl": (*action).file,
		"rawfile": (*action).rawFile, "xrawfile": (*action).rawFile,
		"rule": (*action).send, "http": (*action).send, "https": (*action).send, "ws": (*action).send, "wss": (*action).send,
		"reqHeaders": (*action).headers, "resHeaders": (*action).headers, "headerReplace": (*action).headerReplace,
		"ua": (*action).oneHeader, "referer": (*action).oneHeader, "forwardedFor": (*action).oneHeader, "auth": (*action).auth,
		"reqType": (*action).kind, "resType": (*action).kind, "reqCookies": (*action).cookies, "resCookies": (*action).cookies,
		"reqCors": (*action).reqCors, "resCors": (*action).resCors, "cache": (*action).cache, "attachment": (*action).attachment,
		"urlParams": (*action).parameters, "pathReplace": (*action).pathReplace, "method": (*action).method,
		"reqBody": (*action).body, "resBody": (*action).body, "reqReplace": (*action).bodyReplace, "resReplace": (*action).bodyReplace,
		"reqMerge": (*action).merge, "resMerge": (*action).merge, "delete": (*action).remove,
		"reqDelay": (*action).delay, "resDelay": (*action).delay, "reqSpeed": (*action).speed, "resSpeed": (*action).speed,
		"disable": (*action).disable, "enable": (*action).enable,
	}
}

var numbered = regexp.MustCompile(`\$\d`)

// do has the rule do one operation; lacks says what cannot be done, "" where it can.
func (a *action) do(name, value string) (lacks string) {
	do := operations[name]
	switch {
	case do == nil, value == "":
		return name + "://"
	case value[0] == '`', a.from.captures && numbered.MatchString(value) && !strings.HasSuffix(name, "Replace"):
		return withoutSecret(name + "://" + value) // it is another text for each request
	}
	before, more := copyOf(&a.rule), len(a.more)
	if do(a, name, value) != "" {
		a.rule, a.more = before, a.more[:more] // nothing of it stays
		return withoutSecret(name + "://" + value)
	}
	return ""
}

// failed is what an operation says that cannot be done.
const failed = "failed"

// edit is what the rule does to a request, or to a response.
func (a *action) edit(name string) *rules.Edit {
	at := &a.rule.Request
	if strings.HasPrefix(name, "res") {
		at = &a.rule.Response
	}
	if *at == nil {
		*at = &rules.Edit{}
	}
	return *at
}

// other is one more rule for the same requests.
func (a *action) other() *rules.Rule {
	a.more = append(a.more, Taken{Rule: rules.Rule{Name: a.rule.Name, Folder: a.rule.Folder, When: a.rule.When}})
	return &a.more[len(a.more)-1].Rule
}

// note tells what is another way here.
func (a *action) note(why flow.Reason) { a.rule.Why = append(a.rule.Why, why) }

func (a *action) host(_, value string) string {
	if a.rule.Resolve == "" {
		a.rule.Resolve = value
	}
	return ""
}

func (a *action) status(_, value string) string {
	n, err := strconv.Atoi(value)
	if err != nil || a.rule.Answer != nil {
		return failed
	}
	a.rule.Answer = &rules.Answer{Status: n}
	return ""
}

func (a *action) redirect(_, value string) string {
	to := value
	if value[0] == '{' || value[0] == '(' {
		var ok bool
		if to, ok = a.w.value(value); !ok {
			return failed
		}
	}
	if a.rule.Answer != nil {
		return failed
	}
	a.rule.Answer = &rules.Answer{Status: 302, Fields: []string{"Location: " + to}}
	return ""
}

func (a *action) replaceStatus(_, value string) string {
	n, err := strconv.Atoi(value)
	if err != nil {
		return failed
	}
	a.edit("res").Status = n
	return ""
}

// file is a text, or a file or a folder elsewhere.
func (a *action) file(name, value string) string {
	if a.rule.Answer != nil {
		return failed
	}
	path, alone := value, false
	if n := len(value); value[0] == '<' && value[n-1] == '>' {
		path, alone = value[1:n-1], true
	} else if value[0] == '(' || value[0] == '{' {
		text, ok := a.w.value(value)
		if !ok || !closed(value) || strings.HasSuffix(name, "tpl") && strings.Contains(text, "{") {
			return failed
		}
		kind := ""
		if t := strings.TrimSpace(text); t != "" && (t[0] == '{' || t[0] == '[') {
			kind = "application/json"
		}
		if value[0] == '{' {
			if of := typeOf(value[strings.LastIndexByte(value, '.')+1 : len(value)-1]); strings.Contains(value, ".") && of != "" {
				kind = of
			}
		}
		a.rule.Answer = &rules.Answer{Text: text, Type: kind}
		return ""
	}
	if strings.ContainsAny(path, "|") || strings.Contains(path, "://") || strings.HasPrefix(path, "temp/") ||
		strings.HasSuffix(name, "tpl") {
		return failed
	}
	under := a.from.base
	if under = strings.TrimSuffix(under, "/*"); alone || under == "" {
		under = "/"
	}
	a.outside(name, path, under, false)
	return ""
}

// outside has the rule answer with a file elsewhere. Where that is missing, file:// answers 404 there, and
// xfile:// lets the request go on.
func (a *action) outside(name, path, under string, message bool) {
	if a.w.outside(&a.rule, path, under, message); !strings.HasPrefix(name, "x") {
		a.rule.Answer.Missing = rules.MissingError
	}
}

// closed reports whether a value ends with the bracket that it begins with.
func closed(value string) bool {
	last := value[len(value)-1]
	return len(value) > 1 && (value[0] == '(' && last == ')' || value[0] == '{' && last == '}')
}

// rawFile is a whole response.
func (a *action) rawFile(name, value string) string {
	if a.rule.Answer != nil {
		return failed
	}
	if value[0] != '(' && value[0] != '{' {
		if strings.ContainsAny(value, "|<") || strings.Contains(value, "://") || strings.HasPrefix(value, "temp/") {
			return failed
		}
		a.outside(name, value, "", true)
		return ""
	}
	text, ok := a.w.value(value)
	if !ok || !closed(value) {
		return failed
	}
	answer, body := messageOf([]byte(text))
	answer.Text = string(body)
	a.rule.Answer = answer
	return ""
}

// send has a request go elsewhere: what is behind the pattern's path goes on.
func (a *action) send(name, value string) string {
	whole := false
	if n := len(value); n > 1 && (value[0] == '<' && value[n-1] == '>' || value[0] == '(' && value[n-1] == ')') {
		value, whole = value[1:n-1], true
	}
	to := splitURL(value)
	scheme := strings.NewReplacer("wss", "https", "ws", "http", "rule", "").Replace(name)
	if a.rule.Send != nil || to.host == "" || to.query != "" {
		return failed
	}
	send := &rules.Send{Scheme: scheme, Host: strings.Trim(to.host, "[]")}
	send.Port, _ = strconv.Atoi(to.port)
	begin := strings.TrimSuffix(a.from.base, "*")
	switch {
	case whole:
		send.Path = to.path
		if to.path == "" {
			send.Path = "/"
		}
	case a.from.captures && to.path != "":
		send.Path = to.path // nothing behind a match goes on
	case a.from.base == "" && to.path == "", a.from.base == to.path:
	default:
		if begin == "" {
			begin = "/"
		}
		dest := to.path
		if strings.HasSuffix(begin, "/") && !strings.HasSuffix(dest, "/") {
			dest += "/"
		} else if !strings.HasSuffix(begin, "/") && dest == "/" {
			dest = ""
		}
		send.Find, send.With = "/^"+regexp.QuoteMeta(begin)+"/", literal(dest)
		if dest == "" { // the path may be no more than what goes
			send.Find, send.With = "/^"+regexp.QuoteMeta(begin)+`(?:/|(\?)|$)/`, "/$1"
		}
	}
	a.rule.Send = send
	return ""
}

func (a *action) headers(name, value string) string {
	all, ok := a.w.items(value)
	if !ok {
		return failed
	}
	e := a.edit(name)
	for i := range all {
		text, is := all[i].text()
		if !is {
			return failed
		}
		e.Set = append(e.Set, all[i].name+": "+text)
	}
	return ""
}

var headerKey = regexp.MustCompile(`^(?:req|reqH|res|resH|trailer)\.([^:]+):(.+)$`)

// headerReplace has the name of the field before the first of what is looked for.
func (a *action) headerReplace(_, value string) string {
	all, ok := a.w.items(value)
	if !ok {
		return failed
	}
	if !strings.Contains(value, "=") || value[0] == '{' || value[0] == '(' {
		ok = slices.ContainsFunc(all, func(i item) bool { return headerKey.MatchString(i.name) })
	} else { // the name's colon is none of a line's
		all = nil
		for pair := range strings.SplitSeq(value, "&") {
			name, with, _ := strings.Cut(pair, "=")
			all = append(all, textItem(decoded(name), decoded(with)))
		}
	}
	side, field := "", ""
	for i := range all {
		find := all[i].name
		if m := headerKey.FindStringSubmatch(find); m != nil {
			side, field, find = find[:3], m[1], m[2]
		}
		with, is := all[i].text()
		find, with, first, good := finding(find, with)
		if side == "" || side == "tra" || !is || !good {
			return failed
		}
		if first && strings.HasPrefix(find, "/") {
			a.note(reason.ImportOnce.With("headerReplace://"))
		}
		e := a.edit(side)
		e.Replace = append(e.Replace, rules.Replace{Field: field, Find: find, With: with})
	}
	if !ok || len(all) == 0 {
		return failed
	}
	return ""
}

// oneHeader is an operation for one field.
func (a *action) oneHeader(name, value string) string {
	if name != "referer" {
		var ok bool
		if value, ok = a.w.value(value); !ok {
			return failed
		}
	} else if value[0] == '{' || value[0] == '(' {
		value, _ = a.w.value(value)
	}
	field := map[string]string{"ua": "User-Agent", "referer": "Referer", "forwardedFor": "X-Forwarded-For"}[name]
	e := a.edit("req")
	e.Set = append(e.Set, field+": "+value)
	return ""
}

func (a *action) auth(_, value string) string {
	text, ok := a.w.value(value)
	if !ok {
		return failed
	}
	user, password, has := strings.Cut(text, ":")
	if !has || strings.Contains(text, "\n") || strings.Contains(text, "username") {
		all, ok := a.w.items(value)
		if !ok {
			return failed
		}
		for i := range all {
			text, is := all[i].text()
			switch {
			case !is || all[i].name == "proxy":
				return failed
			case all[i].name == "username":
				user = text
			case all[i].name == "password":
				password = text
			}
		}
	}
	e := a.edit("req")
	e.Set = append(e.Set, "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	return ""
}

func (a *action) delay(name, value string) string {
	ms, err := strconv.ParseFloat(value, 64)
	if err != nil || !(ms >= 0) || ms > float64(rules.MaxDelay/time.Millisecond) {
		return failed
	}
	if a.rule.Delay == nil {
		a.rule.Delay = &rules.Delay{}
	}
	wait := rules.Duration(time.Duration(ms * float64(time.Millisecond)))
	if name == "reqDelay" {
		a.rule.Delay.Request = wait
	} else {
		a.rule.Delay.Response = wait
	}
	return ""
}

// speed is in kbit/s.
func (a *action) speed(name, value string) string {
	kbits, err := strconv.ParseFloat(value, 64)
	var rate rules.Rate
	if err != nil || rate.UnmarshalText([]byte(strconv.FormatFloat(kbits, 'f', -1, 64)+" kbit/s")) != nil {
		return failed
	}
	if a.rule.Throttle == nil {
		a.rule.Throttle = &rules.Throttle{}
	}
	if name == "reqSpeed" {
		a.rule.Throttle.Up = rate
	} else {
		a.rule.Throttle.Down = rate
	}
	return ""
}

func (a *action) method(_, value string) string {
	name, ok := a.w.value(value)
	if !ok {
		return failed
	}
	a.edit("req").Method = strings.ToUpper(name)
	return ""
}
