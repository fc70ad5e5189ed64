package redact

import (
	"context"
	"iter"

	"posthouse/proxy/flow"
)

// Kind is where a secret was masked.
type Kind uint8

// The kinds, in the order in which they are told.
const (
	Credentials Kind   = iota // Authorization and the like, and schemes in texts
	Cookies                   // Cookie and Set-Cookie
	Fields                    // other fields of heads that are named like a key
	URLs                      // parameters, user and password
	Bodies                    // members, form fields, parts, elements
	Tokens                    // JSON Web Tokens, wherever they are
	Elsewhere                 // a secret that was met before, by its bytes
	Kinds       = iota        // how many there are
)

var kindCodes = [Kinds]string{"credentials", "cookies", "fields", "urls", "bodies", "tokens", "elsewhere"}

func (k Kind) String() string {
	if int(k) < len(kindCodes) {
		return kindCodes[k]
	}
	return "unknown"
}

// Counts are how many places were masked, by Kind.
type Counts [Kinds]int

// Total is how many places were masked.
func (c *Counts) Total() (n int) {
	for _, one := range c {
		n += one
	}
	return n
}

// Report is what became of one exchange, or of several.
type Report struct {
	Counts
	Kept    int // bodies that could not be looked into, and are there
	LeftOut int // bodies that could not be looked into, and were taken out
}

// Add adds what became of another.
func (r *Report) Add(other Report) {
	for i, n := range other.Counts {
		r.Counts[i] += n
	}
	r.Kept += other.Kept
	r.LeftOut += other.LeftOut
}

// Preview is what would go out.
type Preview struct {
	Report
	Exchanges int
	Masked    int   // exchanges with something masked
	Secrets   int   // different ones that the Masker has met
	Bytes     int64 // heads and bodies as they would go out, before any format: a HAR is up to three times as large
}

// Preview masks exchanges and forgets them. Done with the Masker that masks them afterwards, it
// makes that find more: a secret is then known in what came before it. It ends early with ctx.
func (m *Masker) Preview(ctx context.Context, all iter.Seq[*flow.Exchange]) (p Preview) {
	for x := range all {
		if ctx.Err() != nil {
			break
		}
		masked, report := m.Exchange(x)
		p.Add(report)
		p.Exchanges++
		if report.Total() > 0 {
			p.Masked++
		}
		p.Bytes += Size(&masked)
	}
	p.Secrets = m.Secrets()
	return p
}

// Size is what an exchange has of heads and bodies, in bytes.
func Size(x *flow.Exchange) int64 {
	n := len(x.Foreign)
	for _, b := range [...][]byte{x.RequestHead, x.RequestBody.Bytes, x.RequestTrailer, x.Interim, x.ResponseHead,
		x.ResponseBody.Bytes, x.ResponseTrailer, x.Unusable, x.Ruled.Request, x.Ruled.Response, x.Ruled.RequestBody.Bytes,
		x.Ruled.ResponseBody.Bytes} {
		n += len(b)
	}
	return int64(n)
}
