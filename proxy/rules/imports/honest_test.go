package imports

import (
	"strings"
	"testing"
)

// read is what is made of a text.
func read(t *testing.T, text string) *Result {
	t.Helper()
	r, err := ReadText("x", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// An operation that cannot be done to its end leaves nothing of itself, and a rule that is off says
// so; the other operations of its line stand.
func TestAnOperationIsDoneWholeOrNot(t *testing.T) {
	for line, want := range map[string]string{
		`a.test resHeaders://{"x-a":"1","x-b":{"y":1}} reqHeaders://x-c=3`: "request = {set = ['x-c: 3']}",
		`a.test reqHeaders://{"x-a":"1","x-b":[]} reqHeaders://x-c=3`:      "request = {set = ['x-c: 3']}",
		`a.test reqHeaders://x-c=3 reqHeaders://{"x-a":"1","x-b":[]}`:      "request = {set = ['x-c: 3']}",
		`a.test urlParams://{"a":"1","b":{}} urlParams://c=3`:              "request = {query = {set = ['c=3']}}",
		`a.test urlParams://c=3 urlParams://{"a":"1","b":{}}`:              "request = {query = {set = ['c=3']}}",
		`a.test reqCors://{"origin":"http://o","what":"x"} method://PUT`:   "request = {method = 'PUT'}",
	} {
		r := read(t, line+"\n")
		text := told(t, r)
		if on, off, _ := r.Counts(); on != 1 || off != 1 || !strings.Contains(text, want+"\n") ||
			!strings.Contains(text, "It is off: Posthouse has no action for ") {
			t.Errorf("%s\n%s", line, text)
		}
	}
}

// A password is in the field that the rule sets, and in nothing that is shown or logged.
func TestPasswordsAreNotShown(t *testing.T) {
	r := read(t, "a.test auth://ada:hush forwardedFor://1.2.3.4\nb.test `auth://ada:hush`\nc.test auth://`ada:hush`\n"+
		"d.test http-proxy://ada:hush@127.0.0.1:1 reqHeaders://x=1\nhttp://ada:hush@e.test/ log://\nauth://ada:hush\n"+
		"http://ada:x@hush@g.test/ log://\nf.test auth://<ada:hush> reqHeaders://a=1\n")
	text := told(t, r)
	if strings.Contains(text, "hush") || !strings.Contains(text, "Authorization: Basic YWRhOmh1c2g=") ||
		!strings.Contains(text, "auth://…") {
		t.Error(text)
	}
	for _, l := range r.Lost {
		if strings.Contains(l.What, "hush") {
			t.Error(l.What)
		}
	}
}

// What stands behind a return of a script is not done; of what is outside a function nothing is known.
func TestScriptsEndWithTheirReturn(t *testing.T) {
	const first, last = "function onRequest(context, url, request) {\n", "}\n"
	for script, want := range map[string]string{
		first + "request.headers.a = '1';\nreturn request;\nrequest.headers.b = '2';\n" + last: "set = ['a: 1']",
		first + "request.headers.a = '1';\nreturn request\ndelete request.headers['b'];\n" + last +
			"function onResponse(c, u, request, response) {\n" +
			"response.statusCode = 404;\nreturn response;\n" + last: "status = 404",
		first + "return request;\nrequest.headers.b = '2';\n" + last:                                               "",
		first + "return request;\n" + last + "request.headers.b = '2';\n":                                          "",
		first + "request.headers.a = '1';\n" + last + first + "request.headers.b = '1';\nreturn request;\n" + last: "",
		first + "request.headers.a = '1';\nreturn request;\n":                                                      "",
	} {
		script = strings.NewReplacer("\n", `\n`).Replace(script)
		text := told(t, read(t, `{"scripting":[{"url":"https://a.test/","isEnabled":true,"regex":"useWildcard","script":"`+script+`"}]}`))
		if on := !strings.Contains(text, "off = true"); on != (want != "") || on && !strings.Contains(text, want) ||
			strings.Contains(text, "b: ") || strings.Contains(text, "remove") {
			t.Errorf("%s\n%s", script, text)
		}
	}
}

// Throttling is on where the file says so of this network, and off where that is left open.
func TestCharlesThrottlingAsItsFileSays(t *testing.T) {
	const slow = "<downloadBandwidth>512</downloadBandwidth>"
	for text, on := range map[string]int{
		"<throttlingConfiguration><enabled>true</enabled>" + slow + "</throttlingConfiguration>":                                     1,
		"<throttlingConfiguration><throttlingEnabled>true</throttlingEnabled>" + slow + "</throttlingConfiguration>":                 1,
		"<throttlingConfiguration><enabled>false</enabled>" + slow + "</throttlingConfiguration>":                                    0,
		"<throttlingConfiguration>" + slow + "</throttlingConfiguration>":                                                            0,
		"<throttling><enabled>true</enabled><throttlingPreset>" + slow + "</throttlingPreset></throttling>":                          1,
		"<throttling><enabled>false</enabled><throttlingPreset>" + slow + "</throttlingPreset></throttling>":                         0,
		"<throttling><enabled>true</enabled><throttlingPreset><enabled>false</enabled>" + slow + "</throttlingPreset></throttling>":  0,
		"<throttling><enabled>true</enabled>" + strings.Repeat("<throttlingPreset>"+slow+"</throttlingPreset>", 2) + "</throttling>": 0,
	} {
		r := read(t, `<?xml version="1.0"?><charles-export>`+text+"</charles-export>")
		said := told(t, r)
		if is, off, _ := r.Counts(); is != on || is+off == 0 || !strings.Contains(said, "down = '512 kbit/s'") ||
			strings.Contains(said, "It slows down by 512 kbit/s") != (on == 1) {
			t.Errorf("%s\n%s", text, said)
		}
	}
}
