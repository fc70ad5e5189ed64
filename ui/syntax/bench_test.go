package syntax

import (
	"fmt"
	"strings"
	"testing"
)

// largeJSON is some bytes of JSON as a list of objects, packed.
func largeJSON(n int) string {
	var b strings.Builder
	b.WriteString(`{"items":[`)
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"id":%d,"name":"user %d","ok":true,"tags":["red","green"],"score":%d.5},`, i, i, i%100)
	}
	b.WriteString(`null],"last":"here"}`)
	return b.String()
}

func BenchmarkBeautifyJSON(b *testing.B) {
	text := largeJSON(50 << 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Beautify(b.Context(), JSON, text); err != nil {
			b.Fatal(err)
		}
	}
}
