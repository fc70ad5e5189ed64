package redact

import (
	"encoding/json"
	"testing"
)

// JSON stays JSON, whatever its strings look like: what seems to begin in one of them ends there.
func TestJSONStaysJSON(t *testing.T) {
	for _, in := range []string{
		`{"":"'token0:"}`, `{"a":"token=","b":"c"}`, `{"a":"'token':\"x","b":"c"}`, `{"a":"\"token\":","b":"c"}`,
		`{"a":"\"token\":[","b":[5]}`,
		`{"a":"'token':5"}`, `{"a":"token:\"ab\\","b":"c"}`, `{"a":"'token':'x","b":"it's"}`, `{"a":"<b>","c":"</token>"}`,
		`{"a":"<input name=\"token\" value=","b":"c"}`, `{"a":"token='x","b":"'"}`, `{"a":"\"password\":1","b":{"token":-1.5e+3}}`,
		`{"token":{"a":[1,"x",{"b":null,"c":-2}],"d":"\"q\":3"},"e":4}`, `[{"name":"token","value":["a",1]},{"name":"x","value":"y"}]`,
		`["token",":5","token","=x"]`, `{"value":"\\","name":"token"}`, `{"a":"%7B%22token%22%3A1"}`,
	} {
		if !json.Valid([]byte(in)) {
			t.Fatalf("%s is none", in)
		}
		got, _ := New(Options{}).Exchange(posted("application/json", in))
		if !json.Valid(got.RequestBody.Bytes) {
			t.Errorf("%s\nbecame %s", in, got.RequestBody.Bytes)
		}
	}
}

// Known secrets are replaced in JSON only where that leaves it whole.
func TestKnownSecretsInJSON(t *testing.T) {
	m := New(Options{})
	m.Head([]byte("GET / HTTP/1.1\r\nX-Token: nabc12345\r\nX-Api-Key: x12345678\",\"y\r\nX-Auth-Token: 0041bc12345\r\n\r\n"))
	for in, want := range map[string]string{
		`["\nabc12345","x12345678","y","\u0041bc12345"]`: `["\nabc12345","x12345678","y","\u0041bc12345"]`,
		`["nabc12345","x12345678\",\"y"]`:                `["‹secret 1›","‹secret 2›"]`,
	} {
		got, _ := m.Exchange(posted("application/json", in))
		if string(got.RequestBody.Bytes) != want {
			t.Errorf("%s became %s", in, got.RequestBody.Bytes)
		}
	}
}
