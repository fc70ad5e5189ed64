package content

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// What was decoded can be encoded again, and then decodes to the same.
func TestEncodeIsDecodedAgain(t *testing.T) {
	body := []byte(strings.Repeat("one line of many\n", 5000))
	for _, codings := range []string{"", "identity", "gzip", "x-gzip", "deflate", "br", "zstd", "gzip, br", "zstd, gzip, deflate"} {
		for _, body := range [][]byte{body, {}, body[:1]} {
			coded, err := Encode(codings, body, true)
			if err != nil {
				t.Fatalf("%s: %v", codings, err)
			}
			if d, err := Decode(codings, coded); err != nil || !bytes.Equal(d.Body, body) {
				t.Errorf("%s of %d bytes came back as %d: %v", codings, len(body), len(d.Body), err)
			}
		}
	}
	if _, err := Encode("gzip, dcb", body, true); !errors.Is(err, ErrCoding) {
		t.Errorf("an unknown coding: %v", err)
	}
}

// A body whose end is missing stays one.
func TestEncodeWithoutTheEnd(t *testing.T) {
	body := []byte(strings.Repeat("one line of many\n", 5000))
	for _, codings := range []string{"gzip", "deflate", "br", "zstd"} {
		coded, err := Encode(codings, body, false)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := Decode(codings, coded); !bytes.Equal(d.Body, body) || !errors.Is(err, ErrCut) {
			t.Errorf("%s came back as %d of %d bytes: %v", codings, len(d.Body), len(body), err)
		}
	}
}
