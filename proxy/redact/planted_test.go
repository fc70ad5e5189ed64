package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// planter makes exchanges that hold secrets in all kinds of places.
type planter struct{ *rand.Rand }

// secret is one that is found by its bytes, too, with signs that each encoding treats differently.
func (p planter) secret() string {
	const signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	const odd = "+/=_-.~!$*%@'(){}[]|^#?é"
	b := []byte{'x', '7'}
	for range 8 + p.IntN(40) {
		if p.IntN(6) == 0 {
			b = append(b, []byte(string([]rune(odd)[p.IntN(len([]rune(odd)))]))...)
		} else {
			b = append(b, signs[p.IntN(len(signs))])
		}
	}
	return string(append(b, 'Z'))
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return strings.Trim(string(b), `"`)
}

// fields are places in heads that are told by themselves.
func (p planter) field(s string) string {
	header := strings.NewReplacer("é", "e") // what a head may hold
	return []func() string{
		func() string { return "Authorization: Bearer " + s },
		func() string {
			return "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("ann:"+s))
		},
		func() string { return "Cookie: lang=en; sid=" + url.QueryEscape(s) + "; a=b" },
		func() string { return "Set-Cookie: sid=" + url.PathEscape(s) + "; Path=/; HttpOnly" },
		func() string { return "X-Api-Key: " + s },
		func() string { return "x-amz-security-token:" + s },
		func() string { return "Location: https://a.test/cb?x=1&code=" + url.QueryEscape(s) + "#end" },
		func() string { return "Referer: https://ann:" + url.QueryEscape(s) + "@a.test/" },
		func() string { return "Link: </a?page=2&access_token=" + url.QueryEscape(s) + ">; rel=next" },
		func() string { return "X-Plain: " + header.Replace("nothing") },
	}[p.IntN(10)]()
}

// told are bodies in which the secret is told by its place, and their type.
func (p planter) told(s string) (media, body string) {
	switch p.IntN(8) {
	case 0:
		return "application/json", `{"user":"ann","n":[1,2,{"access_token":"` + quoted(s) + `"}],"ok":true}`
	case 1:
		return "application/x-www-form-urlencoded", "user=ann&password=" + url.QueryEscape(s) + "&x=1"
	case 2:
		return "multipart/form-data; boundary=bb", "--bb\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\n" + s + "\r\n--bb--\r\n"
	case 3:
		return "text/html", `<form><input type="hidden" name="csrf_token" value="` + s + `"></form>`
	case 4:
		return "text/event-stream", "data: {\"message\":\"" + quoted(`{"token":"`+quoted(s)+`"}`) + "\"}\n\n"
	case 5:
		return "text/plain", "the\nAPI_TOKEN=" + s + "\nend"
	case 6:
		return "application/xml", "<r><password>" + s + "</password></r>"
	}
	return "application/json", `{"url":"https://a.test/?a=1&sig=` + url.QueryEscape(s) + `"}`
}

// hidden are bodies where only the bytes tell.
func (p planter) hidden(s string) (media, body string) {
	switch p.IntN(4) {
	case 0:
		return "text/html", "<p>" + s + "</p>"
	case 1:
		return "application/json", `{"remark":"it is ` + quoted(s) + `"}`
	case 2:
		return "text/plain", "see /x/" + url.QueryEscape(s) + " there"
	}
	return "application/x-protobuf", "\x00\x01" + s + "\x02\x00"
}

func (p planter) exchange(secrets []string) *flow.Exchange {
	pick := func() string { return secrets[p.IntN(len(secrets))] }
	side := func(start string) ([]byte, flow.Body) {
		head := start
		for range p.IntN(5) {
			head += "\r\n" + p.field(pick())
		}
		media, body := p.told(pick())
		if p.IntN(3) == 0 {
			media, body = p.hidden(pick())
		}
		codings := []string{"", "", "gzip", "br", "zstd", "deflate"}[p.IntN(6)]
		coded, err := content.Encode(codings, []byte(body), true)
		if err != nil {
			panic(err)
		}
		head += "\r\nContent-Type: " + media + fmt.Sprintf("\r\nContent-Length: %d", len(coded))
		if codings != "" {
			head += "\r\nContent-Encoding: " + codings
		}
		return []byte(head + "\r\n\r\n"), flow.Body{State: flow.BodyWhole, Size: int64(len(coded)), Bytes: coded}
	}
	path := "/a?x=1&token=" + url.QueryEscape(pick()) + "&n=" + url.QueryEscape("https://b.test/?code="+url.QueryEscape(pick()))
	x := &flow.Exchange{Row: flow.Row{Scheme: "https", Host: "a.test", Method: "GET", Path: path}}
	x.RequestHead, x.RequestBody = side("GET " + path + " HTTP/1.1")
	x.ResponseHead, x.ResponseBody = side("HTTP/1.1 200 OK")
	x.RequestSize, x.ResponseSize = x.RequestBody.Size, x.ResponseBody.Size
	if p.IntN(2) == 0 {
		x.Ruled.Request, x.Ruled.RequestBody = side("GET " + path + " HTTP/1.1")
		x.Ruled.Response, x.Ruled.ResponseBody = side("HTTP/1.1 200 OK")
	}
	x.Interim = []byte("HTTP/1.1 103 Early Hints\r\n" + p.field(pick()) + "\r\n\r\n")
	x.ResponseTrailer = []byte(p.field(pick()) + "\r\n")
	x.Unusable = []byte("HTTP/1.1 500 Oh\r\n" + p.field(pick()) + "\r\n\r\n" + `{"token":"` + quoted(pick()) + `"}`)
	x.Foreign = []byte(`{"_webSocketMessages":[{"type":"send","data":"` + quoted(`{"password":"`+quoted(pick())+`"}`) + `"}]}`)
	x.Note, x.Reason = "for "+pick(), flow.ReasonCode("c").With(pick(), 7)
	return x
}

// No secret that was planted is left anywhere, however it is written, once all exchanges were
// looked through, and what was handed in is as it was.
func TestNoPlantedSecretIsLeft(t *testing.T) {
	for seed := range uint64(40) {
		p := planter{rand.New(rand.NewPCG(seed, 1))}
		secrets := []string{p.secret(), p.secret(), p.secret()}
		var all []*flow.Exchange
		for range 4 {
			all = append(all, p.exchange(secrets))
		}
		// Each is told by its place at least once.
		all = append(all, &flow.Exchange{RequestHead: []byte("GET / HTTP/1.1\r\nX-Token: " + secrets[0] + "\r\nX-Api-Key: " +
			secrets[1] + "\r\nCookie: a=" +
			url.QueryEscape(secrets[2]) + "\r\n\r\n")})
		m := New(Options{KeepUnreadable: true})
		m.Preview(t.Context(), slices.Values(all))
		for i, x := range all {
			before := clone(x)
			got, _ := m.Exchange(x)
			for _, secret := range secrets {
				if left := where(&got, secret); len(left) > 0 {
					t.Fatalf("seed %d, exchange %d: %q is in %q\n%s\n%s\n%q", seed, i, secret, left, got.RequestHead,
						got.ResponseHead, got.ResponseBody.Bytes)
				}
			}
			if !equal(x, before) {
				t.Fatalf("seed %d: what was handed in is changed", seed)
			}
			if !json.Valid(got.Foreign) && got.Foreign != nil {
				t.Fatalf("seed %d: %s", seed, got.Foreign)
			}
		}
	}
}

func contents(x *flow.Exchange) []*[]byte {
	return []*[]byte{&x.RequestHead, &x.RequestBody.Bytes, &x.RequestTrailer, &x.Interim, &x.ResponseHead, &x.ResponseBody.Bytes,
		&x.ResponseTrailer,
		&x.Unusable, &x.Foreign, &x.Ruled.Request, &x.Ruled.Response, &x.Ruled.RequestBody.Bytes, &x.Ruled.ResponseBody.Bytes}
}

// clone shares no memory with what it is of.
func clone(x *flow.Exchange) *flow.Exchange {
	c := *x
	for _, b := range contents(&c) {
		*b = bytes.Clone(*b)
	}
	return &c
}

func equal(a, b *flow.Exchange) bool {
	for i, p := range contents(a) {
		if !bytes.Equal(*p, *contents(b)[i]) {
			return false
		}
	}
	return a.Row == b.Row && a.RequestBody.Size == b.RequestBody.Size && a.ResponseBody.State == b.ResponseBody.State
}

// Whatever comes, nothing panics, what was handed in stays as it was, JSON stays JSON, and what is
// masked once is not masked again.
func FuzzExchange(f *testing.F) {
	for _, s := range [][3]string{
		{"GET /?token=a HTTP/1.1\r\nCookie: a=b\r\n\r\n", `{"password":"a\"b","x":{"token":1}}`, "application/json"},
		{"POST / HTTP/1.1\r\nAuthorization: Digest a=\"b\\\"\r\n\r\n", "a=%7B%22token%22%3A1%7D&code=%zz",
			"application/x-www-form-urlencoded"},
		{":path: /\r\nset-cookie: a=b, c=d\r\n", "--b\r\nContent-Disposition: form-data; name=token\r\n\r\nx",
			"multipart/form-data; boundary=b"},
		{"\r\n\r\n", `{"a":"'token':5","name":"Cookie","value":["a=b"]}`, "text/plain"},
		{"HTTP/1.1 200\r\nLink: <a?b=http%3A%2F%2Fa%40b>", "<a value='x' name=token>eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x</token>",
			"text/html"},
	} {
		f.Add([]byte(s[0]), []byte(s[1]), s[2])
	}
	f.Fuzz(func(t *testing.T, head, body []byte, media string) {
		if len(head)+len(body) > 64<<10 {
			return
		}
		x := &flow.Exchange{Row: flow.Row{Path: string(head), Host: media}, RequestHead: head,
			ResponseBody: flow.Body{State: flow.BodyCut, Bytes: body}, Unusable: body,
			ResponseHead: []byte("HTTP/1.1 200 OK\r\nContent-Type: " + strings.NewReplacer("\r", "", "\n", "").Replace(media) +
				"\r\n\r\n"), Foreign: body}
		before := clone(x)
		m := New(Options{KeepUnreadable: true})
		got, _ := m.Exchange(x)
		if !equal(x, before) {
			t.Fatal("what was handed in is changed")
		}
		if json.Valid(body) && !json.Valid(got.Foreign) {
			t.Fatalf("%s\nbecame %s", body, got.Foreign)
		}
	})
}
