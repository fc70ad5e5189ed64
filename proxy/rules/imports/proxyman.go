package imports

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// proxymanRule is a rule of any of Proxyman's tools.
type proxymanRule struct {
	Name      string `json:"name"`
	URL       string `json:"url"`
	FromURL   string `json:"fromURL"`
	MapFrom   string `json:"mapFromURL"`
	Enabled   *bool  `json:"isEnabled"`
	Regex     any    `json:"regex"` // useWildcard or useRegex
	Below     bool   `json:"isIncludingPaths"`
	Method    any    `json:"method"`
	LocalFile *struct {
		Path string `json:"path"`
		Name string `json:"name"`
		Data string `json:"importFileData"` // base64 of a message of HTTP
	} `json:"localFile"`
	Directory any                `json:"directoryFile"`
	IsFolder  bool               `json:"isDirectoryFileEnable"`
	From      *proxymanComponent `json:"fromURLComponent"`
	To        *proxymanComponent `json:"toURLComponent"`
	ToURL     string             `json:"toURL"`
	KeepHost  bool               `json:"isPreserveHost"`
	GraphQL   any                `json:"graphQLQueryName"`
	Action    any                `json:"action"`
}

// proxymanComponent is a URL in parts.
type proxymanComponent struct {
	Scheme   string `json:"scheme"`
	Protocol string `json:"protocol"`
	Host     string `json:"host"`
	Port     any    `json:"port"`
	Path     string `json:"path"`
	Query    string `json:"query"`
}

func (c *proxymanComponent) place() place {
	p := place{scheme: c.Scheme, host: c.Host, path: c.Path, query: c.Query}
	if p.scheme == "" {
		p.scheme = c.Protocol
	}
	switch port := c.Port.(type) {
	case string:
		p.port = port
	case float64:
		p.port = strconv.Itoa(int(port))
	}
	return p
}

// readProxyman reads what Proxyman exports of a tool, or of all.
func readProxyman(text []byte) (*Result, error) {
	var all any
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, &reasonError{reason.ImportJSONBroken.With(err.Error())}
	}
	r := &Result{Format: Proxyman}
	r.walk(all, "", 0)
	if len(r.Rules)+len(r.Lost) == 0 {
		return nil, &reasonError{reason.ImportUnknown.With(string(Proxyman))}
	}
	return r, nil
}

// walk finds rules wherever they are: tool is the key that leads to them.
func (r *Result) walk(v any, tool string, depth int) {
	if depth > maxDepth || r.full() {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			r.walk(one, tool, depth+1)
		}
	case map[string]any:
		if isProxymanRule(v) {
			r.proxyman(v, tool)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			below := tool
			if key != "nodeType" && key != "node" && key != "_0" && key != "children" {
				below = key
			}
			r.walk(v[key], below, depth+1)
		}
	}
}

func isProxymanRule(v map[string]any) bool {
	_, from := v["fromURLComponent"]
	for _, key := range [...]string{"url", "fromURL", "mapFromURL"} {
		if _, is := v[key].(string); is {
			_, regex := v["regex"]
			_, enabled := v["isEnabled"]
			return regex || enabled
		}
	}
	return from
}

// proxyman takes one rule.
func (r *Result) proxyman(v map[string]any, tool string) {
	var p proxymanRule
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		r.lose(0, tool, reason.Of(err))
		return
	}
	one := Taken{}
	one.Name, one.Off = p.Name, p.Enabled != nil && !*p.Enabled
	when, ok := p.condition()
	if one.Name == "" {
		one.Name = p.url()
	}
	if !ok {
		r.lose(0, one.Name, reason.ImportPlace.With())
		return
	}
	one.When = when
	tool = strings.ToLower(tool)
	switch {
	case p.GraphQL != nil && p.GraphQL != "":
		r.lacks(0, one, "GraphQL")
	case p.To != nil || p.ToURL != "":
		p.remote(&one)
		r.add(0, one)
	case p.LocalFile != nil && !p.IsFolder && (p.LocalFile.Data != "" || p.LocalFile.Path != ""):
		r.proxymanLocal(&p, one)
	case p.Directory != nil:
		r.proxymanFolder(&p, one)
	case strings.Contains(tool, "breakpoint"):
		one.Break = breakOf(v)
		r.add(0, one)
	case strings.Contains(tool, "block") || strings.Contains(tool, "black"):
		one.Block = rules.BlockForbid
		if action, _ := json.Marshal(p.Action); bytes.Contains(bytes.ToLower(action), []byte("drop")) {
			one.Block = rules.BlockReset
		}
		r.add(0, one)
	case r.script(v, one):
	default:
		if tool == "" {
			tool = "this tool"
		}
		r.lacks(0, one, tool)
	}
}

// breakOf is what waits for a person: what is said to, or both where neither is.
func breakOf(v map[string]any) string {
	request, response := false, false
	for key, value := range v {
		if value != true {
			continue
		}
		key = strings.ToLower(key)
		request = request || strings.HasSuffix(key, "request")
		response = response || strings.HasSuffix(key, "response")
	}
	switch {
	case request && !response:
		return rules.BreakRequest
	case response && !request:
		return rules.BreakResponse
	}
	return rules.BreakBoth
}

// proxymanFolder is Map Local with a folder.
func (r *Result) proxymanFolder(p *proxymanRule, one Taken) {
	path, _ := p.Directory.(string)
	if inner, ok := p.Directory.(map[string]any); ok {
		path, _ = inner["path"].(string)
	}
	if path == "" {
		r.lacks(0, one, "Map Local (Directory)")
		return
	}
	under := strings.TrimRight(splitURL(p.url()).path, "*")
	if at := strings.IndexByte(under, '*'); at >= 0 || under == "" {
		under = "/"
	}
	r.outside(&one, path, under, false)
	r.add(0, one)
}

// url is what the rule is for, as it was typed.
func (p *proxymanRule) url() string { return cmp.Or(p.URL, p.FromURL, p.MapFrom) }

func (p *proxymanRule) condition() (string, bool) {
	url := p.url()
	if p.From != nil && url == "" {
		from := p.From.place()
		if from.scheme+from.host+from.port+from.path+from.query == "" {
			return "", false // it would be for all
		}
		from.method, from.below = methodOf(p.Method), p.Below
		return from.condition()
	}
	method := place{method: methodOf(p.Method)}
	rest, _ := method.condition()
	kind, _ := p.Regex.(string)
	if strings.EqualFold(kind, "useRegex") || p.Regex == true {
		when := strings.TrimSpace(expression("url", url, "") + " " + rest)
		return when, validFilter(when)
	}
	from := splitURL(url)
	if strings.ContainsAny(from.host, "*?") || from.host == "" {
		end := "$"
		if p.Below || strings.HasSuffix(url, "*") {
			end = ""
		}
		when := strings.TrimSpace(expression("url", `^(\w+://)?`+glob(strings.TrimRight(url, "*"))+end, "") + " " + rest)
		return when, validFilter(when)
	}
	from.method, from.below = method.method, p.Below
	return from.condition()
}

// methodOf is the method that a rule is for, "" for any.
func methodOf(v any) string {
	m, _ := v.(map[string]any)
	all, _ := m["exact"].([]any)
	var names []string
	for _, one := range all {
		o, _ := one.(map[string]any)
		if name, _ := o["name"].(string); name != "" {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// remote is Map Remote.
func (p *proxymanRule) remote(one *Taken) {
	to := splitURL(p.ToURL)
	if p.To != nil {
		to = p.To.place()
	}
	one.Send = &rules.Send{Scheme: strings.ToLower(to.scheme), Host: strings.Trim(to.host, "[]"), KeepHost: p.KeepHost}
	one.Send.Port, _ = strconv.Atoi(to.port)
	if to.path != "" && !isGlob(to.path) {
		one.Send.Path = to.path
		if to.path[0] != '/' {
			one.Send.Path = "/" + to.path
		}
	}
}

// proxymanLocal is Map Local with a file, whose message the export may hold.
func (r *Result) proxymanLocal(p *proxymanRule, one Taken) {
	data, err := base64.StdEncoding.DecodeString(p.LocalFile.Data)
	if err != nil || len(data) == 0 {
		r.outside(&one, p.LocalFile.Path, "", false)
		r.add(0, one)
		return
	}
	answer, body := messageOf(data)
	name := p.LocalFile.Name
	if name == "" {
		name = one.Name
	}
	if len(body) > 0 {
		answer.File = r.file(fileName(name), body)
	}
	one.Answer = answer
	r.add(0, one)
}

// messageOf is what a message of HTTP answers; one without a status line is a body alone.
func messageOf(data []byte) (*rules.Answer, []byte) {
	a := &rules.Answer{}
	if !bytes.HasPrefix(data, []byte("HTTP/")) {
		return a, data
	}
	head, body, _ := bytes.Cut(data, []byte("\r\n\r\n"))
	if at := bytes.Index(data, []byte("\n\n")); at >= 0 && at < len(head) {
		head, body = data[:at], data[at+2:]
	}
	lines := strings.Split(strings.ReplaceAll(string(head), "\r\n", "\n"), "\n")
	if parts := strings.Fields(lines[0]); len(parts) > 1 {
		a.Status, _ = strconv.Atoi(parts[1])
	}
	var fields []rules.Field
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if strings.EqualFold(name, "Content-Type") {
			a.Type = strings.ToValidUTF8(value, "")
		}
		fields = append(fields, rules.Field{Name: name, Value: value})
	}
	a.Fields, _ = rules.AnswerFields(fields)
	return a, body
}

// file keeps a body under a name that no other has; it says how a rule calls it.
func (r *Result) file(name string, body []byte) string {
	path := r.freeName(name)
	r.Files = append(r.Files, File{Name: path, Body: body})
	return path
}

// freeName is a name that no other file or folder has.
func (r *Result) freeName(name string) string {
	if r.names == nil {
		r.names = map[string]int{}
	}
	first := strings.ToLower(name)
	for n := r.names[first] + 1; ; n++ {
		path := name
		if n > 1 {
			path = strconv.Itoa(n) + "-" + name
		}
		r.names[first] = n
		if key := strings.ToLower(path); n == 1 || r.names[key] == 0 {
			r.names[key] = max(1, r.names[key])
			return answersFolder + path
		}
	}
}
