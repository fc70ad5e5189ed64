package proxy_test

import (
	"testing"

	"posthouse/proxy/flow"
)

// What a person says of a row while its request is under way stays when rules say something of its response.
func TestRulesLeaveWhatAPersonSays(t *testing.T) {
	for name, c := range map[string]struct{ before, after flow.Annotation }{
		"nothing": {flow.Annotation{Mark: flow.MarkBlue, Note: "asked"}, flow.Annotation{Mark: flow.MarkRed, Note: "asked\nfailed"}},
		"a star and a note": {flow.Annotation{Mark: flow.MarkBlue, Star: true, Note: "mine"},
			flow.Annotation{Mark: flow.MarkRed, Star: true, Note: "mine\nfailed"}},
		"a colour":   {flow.Annotation{Mark: flow.MarkGreen}, flow.Annotation{Mark: flow.MarkGreen, Note: "failed"}},
		"all undone": {flow.Annotation{}, flow.Annotation{Note: "failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := ruled(t, `[[rule]]
mark = "blue"
note = "asked"
[[rule]]
when = "status:5xx"
mark = "red"
note = "failed"`)
			origin, client := p.Origin(), p.Client()
			client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
			at := origin.Accept()
			at.Expect("GET / HTTP/1.1\r\nHost: {origin}\r\n\r\n")
			if !p.Store.Annotate(1, c.before) {
				t.Fatal("nothing can be said of the row")
			}
			at.Send("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
			client.Expect("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
			if row := p.Finished(1); row.Annotation != c.after {
				t.Errorf("%+v, not %+v", row.Annotation, c.after)
			}
		})
	}
}
