package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"

	"posthouse/proxy/archive/har"
	"posthouse/proxy/flow"
)

// A HAR of masked exchanges holds no planted secret, in whatever of its many places a part of the
// exchange is written again, base64 included; without masking it holds them all.
func TestNoPlantedSecretIsInAHAR(t *testing.T) {
	for seed := range uint64(15) {
		p := planter{rand.New(rand.NewPCG(seed, 2))}
		secrets := []string{p.secret(), p.secret()}
		all := []*flow.Exchange{p.exchange(secrets), p.exchange(secrets), p.exchange(secrets), {RequestHead: []byte(
			"GET / HTTP/1.1\r\nX-Token: " + secrets[0] + "\r\nX-Api-Key: " + secrets[1] + "\r\n\r\n")}}
		m := New(Options{})
		m.Preview(t.Context(), slices.Values(all))
		var raw, masked bytes.Buffer
		for _, x := range all {
			raw.Write(har.Entry(x))
			got, _ := m.Exchange(x)
			entry := har.Entry(&got)
			if !json.Valid(entry) {
				t.Fatalf("seed %d: %s", seed, entry)
			}
			masked.Write(entry)
			masked.Write(texts(entry))
		}
		for _, secret := range secrets {
			for _, form := range []string{secret, quoted(secret), quoted(quoted(secret)), url.QueryEscape(secret), url.PathEscape(secret)} {
				if bytes.Contains(masked.Bytes(), []byte(form)) {
					t.Fatalf("seed %d: %q is in %s", seed, form, masked.Bytes())
				}
			}
			if raw.Write(texts(raw.Bytes())); !bytes.Contains(raw.Bytes(), []byte(quoted(secret))) {
				t.Fatalf("seed %d: %q was not in it at all", seed, secret)
			}
		}
	}
}

// texts are the strings of JSON values, and what those say in base64.
func texts(values []byte) (all []byte) {
	d := json.NewDecoder(bytes.NewReader(values))
	for {
		token, err := d.Token()
		if err != nil {
			return all
		}
		if text, ok := token.(string); ok {
			all = append(append(all, text...), '\n')
			if inner, err := base64.StdEncoding.DecodeString(text); err == nil {
				all = append(append(all, inner...), '\n')
			}
		}
	}
}
