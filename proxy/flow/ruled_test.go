package flow

import "testing"

// An exchange as it went has what went on, and the row says so; as it came it has nothing of that.
func TestAnExchangeAsItCameAndWent(t *testing.T) {
	const came, given = "GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\n"
	for name, c := range map[string]struct {
		ruled                      Ruled
		request, response          bool
		method, path, sent, answer string
		status                     int
	}{
		"nothing": {Ruled{}, false, false, "GET", "/a", "one", "other", 404},
		"heads": {Ruled{Request: []byte("PUT http://b.test?x=1 HTTP/1.1\r\n\r\n"), Response: []byte("HTTP/1.1 200 OK\r\n\r\n")},
			true, true, "PUT", "/?x=1", "one", "other", 200},
		"whole target": {Ruled{Request: []byte("GET https://b.test/p/q?r HTTP/1.1\r\n\r\n")},
			true, false, "GET", "/p/q?r", "one", "other", 404},
		"no path":  {Ruled{Request: []byte("GET http://b.test HTTP/1.1\n\n")}, true, false, "GET", "/", "one", "other", 404},
		"odd line": {Ruled{Request: []byte("GET\r\n\r\n")}, true, false, "GET", "/a", "one", "other", 404},
		"HTTP/2": {Ruled{Request: []byte(":method: POST\r\n:scheme: https\r\n:path: /new\r\nx: :path: no\r\n\r\n"),
			Response: []byte(":status: 200\r\n\r\n")}, true, true, "POST", "/new", "one", "other", 200},
		"no pseudo-header field": {Ruled{Request: []byte(":method: POST\r\nx: y\r\n:path: /late\r\n\r\n")},
			true, false, "GET", "/a", "one", "other", 404},
		"bodies": {Ruled{RequestBody: Body{State: BodyWhole, Size: 3, Bytes: []byte("new")}, ResponseBody: Body{State: BodyWhole}},
			true, true, "GET", "/a", "new", "", 404},
	} {
		x := Exchange{Row: Row{Method: "GET", Path: "/a", Status: c.status}, RequestHead: []byte(came), ResponseHead: []byte(given),
			Ruled: c.ruled, RequestBody: Body{State: BodyWhole, Size: 3, Bytes: []byte("one")},
			ResponseBody: Body{State: BodyWhole, Size: 5, Bytes: []byte("other")}}
		if x.Replaced(false) != c.request || x.Replaced(true) != c.response {
			t.Errorf("%s: %v %v", name, x.Replaced(false), x.Replaced(true))
		}
		went, was := x.Went(), x.Came()
		if went.Method != c.method || went.Path != c.path || string(went.RequestBody.Bytes) != c.sent ||
			string(went.ResponseBody.Bytes) != c.answer || went.ResponseSize != int64(len(c.answer)) || went.Status != c.status {
			t.Errorf("%s: went %+v", name, went)
		}
		if was.Method != "GET" || was.Path != "/a" || string(was.RequestBody.Bytes) != "one" || was.Status != 404 ||
			string(was.RequestHead) != came {
			t.Errorf("%s: came %+v", name, was)
		}
		if went.Replaced(false) || went.Replaced(true) || was.Replaced(false) || was.Replaced(true) {
			t.Errorf("%s: something is left of the other", name)
		}
	}
}

func FuzzWent(f *testing.F) {
	for _, head := range []string{"", ":", ":path: \r\n", "GET ://? HTTP/1.1", "HTTP/1.1 2",
		":status: 99999999999999999999\n", "GET a:// x"} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		x := Exchange{Row: Row{Method: "GET", Path: "/a"}, RequestHead: head, ResponseHead: head,
			Ruled: Ruled{Request: head, Response: head}}
		if went := x.Went(); went.Path == "" || x.Came().Status < 0 {
			t.Errorf("%q of %q", went.Path, head)
		}
	})
}
