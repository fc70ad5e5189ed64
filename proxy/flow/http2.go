package flow

// HTTP2 is what of an exchange is HTTP/2's own. The zero value is of any other exchange.
type HTTP2 struct {
	Stream uint32 // the stream's number

	// Opening is what the client's connection began with, in the form that the field
	// uses for it: settings|window|priorities|pseudo-header fields, such as
	// "1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p"; cut at 256 bytes.
	Opening string

	// Priority is the last that the client said of the request besides its fields: in
	// HEADERS (RFC 7540 section 6.2), as exclusive:dependency:weight, such as "1:0:256";
	// in PRIORITY_UPDATE (RFC 9218 section 7.1) as it came, such as "u=1, i". "" for none.
	Priority string

	// NeverIndexed are the fields that came as never to be indexed (RFC 7541 section 6.2.3),
	// pseudo-header fields counted: bit i is field i, of the first 64.
	NeverIndexed uint64
}
