package history

import (
	"net/netip"
	"slices"
	"time"
	"unsafe"

	"posthouse/proxy/flow"
)

type exchange = flow.Exchange

// contextFields are those that many rows have alike: the index keeps each set of values once.
var contextFields = []field{
	unsigned(1, func(x *exchange) *flow.Kind { return &x.Kind }),
	text(2, func(x *exchange) *string { return &x.Method }),
	text(3, func(x *exchange) *string { return &x.Scheme }),
	text(4, func(x *exchange) *string { return &x.Host }),
	text(5, func(x *exchange) *string { return &x.Proto }),
	flag(6, func(x *exchange) *bool { return &x.HostReplaced }),
	text(7, func(x *exchange) *string { return &x.ContentType }),
	address(8, func(x *exchange) *netip.AddrPort { return &x.Remote }),
	text(9, func(x *exchange) *string { return &x.Upstream }),
	text(10, func(x *exchange) *string { return &x.App }),
	text(11, func(x *exchange) *string { return &x.AppPath }),
	unsigned(13, func(x *exchange) *flow.Phase { return &x.Phase }),
	unsigned(14, func(x *exchange) *flow.Mended { return &x.Mended }),

	flag(15, func(x *exchange) *bool { return &x.TLS.Seen }),
	unsigned(16, func(x *exchange) *flow.TLSOutcome { return &x.TLS.Outcome }),
	unsigned(17, func(x *exchange) *flow.Problem { return &x.TLS.Problem }),
	fixed(18, func(x *exchange) []byte { return x.TLS.ClientJA4[:] }),
	fixed(19, func(x *exchange) []byte { return x.TLS.OriginJA4[:] }),
	unsigned(20, func(x *exchange) *flow.Deviation { return &x.TLS.Deviation }),
	text(21, func(x *exchange) *string { return &x.TLS.SNI }),
	text(22, func(x *exchange) *string { return &x.TLS.ALPN }),
	text(23, func(x *exchange) *string { return &x.TLS.Version }),
	flag(24, func(x *exchange) *bool { return &x.Timing.Reused }),
}

// ownFields are those of a row that its columns in the index have.
var ownFields = []field{
	unsigned(32, func(x *exchange) *flow.ID { return &x.ID }),
	moment(33, func(x *exchange) *time.Time { return &x.Start }),
	signed(34, func(x *exchange) *time.Duration { return &x.Duration }),
	text(35, func(x *exchange) *string { return &x.Path }),
	signed(36, func(x *exchange) *int { return &x.Status }),
	signed(37, func(x *exchange) *int64 { return &x.RequestSize }),
	signed(38, func(x *exchange) *int64 { return &x.ResponseSize }),
	unsigned(39, func(x *exchange) *flow.Mark { return &x.Mark }),
	flag(40, func(x *exchange) *bool { return &x.Star }),
	text(41, func(x *exchange) *string { return &x.Note }),
}

// restFields are those of a row that the index keeps in one piece.
var restFields = []field{
	address(42, func(x *exchange) *netip.AddrPort { return &x.Client }),
	signed(12, func(x *exchange) *int32 { return &x.AppPID }),
	unsigned(43, func(x *exchange) *flow.Failure { return &x.Failure }),
	because(44, func(x *exchange) *flow.Reason { return &x.Reason }),
	signed(45, func(x *exchange) *time.Duration { return &x.Timing.Resolved }),
	signed(46, func(x *exchange) *time.Duration { return &x.Timing.Dialed }),
	signed(47, func(x *exchange) *time.Duration { return &x.Timing.Connected }),
	signed(48, func(x *exchange) *time.Duration { return &x.Timing.Sent }),
	signed(49, func(x *exchange) *time.Duration { return &x.Timing.FirstByte }),
	endField(50),
	unsigned(51, func(x *exchange) *flow.Effects { return &x.Effects }),
	flag(52, func(x *exchange) *bool { return &x.Own }),
	unsigned(53, func(x *exchange) *flow.ID { return &x.From }),
}

// endField is Timing.End as what it is longer than Duration, which is zero mostly. Duration
// stands before it.
func endField(number uint64) field {
	return field{number, wireNumber,
		func(e *encoder, number uint64, x *exchange) { e.number(number, zigzag(int64(x.Timing.End-x.Duration))) },
		func(x *exchange, v value) { x.Timing.End = time.Duration(unzigzag(v.n)) },
		emptiness{}}
}

// contentFields are all that is no part of a row, in groups of which most exchanges lack most.
var contentFields = []fieldGroup{
	{[]field{
		octets(64, func(x *exchange) *[]byte { return &x.RequestHead }),
		octets(65, func(x *exchange) *[]byte { return &x.ResponseHead }),
		octets(66, func(x *exchange) *[]byte { return &x.Interim }),
		octets(67, func(x *exchange) *[]byte { return &x.Unusable }),
		octets(68, func(x *exchange) *[]byte { return &x.RequestTrailer }),
		octets(69, func(x *exchange) *[]byte { return &x.ResponseTrailer }),
		unsigned(70, func(x *exchange) *flow.BodyState { return &x.RequestBody.State }),
		signed(71, func(x *exchange) *int64 { return &x.RequestBody.Size }),
		octets(72, func(x *exchange) *[]byte { return &x.RequestBody.Bytes }),
		unsigned(73, func(x *exchange) *flow.BodyState { return &x.ResponseBody.State }),
		signed(74, func(x *exchange) *int64 { return &x.ResponseBody.Size }),
		octets(75, func(x *exchange) *[]byte { return &x.ResponseBody.Bytes }),
		octets(79, func(x *exchange) *[]byte { return &x.Foreign }),
	}, func(*exchange) bool { return true }},
	{[]field{
		unsigned(76, func(x *exchange) *uint32 { return &x.HTTP2.Stream }),
		text(77, func(x *exchange) *string { return &x.HTTP2.Opening }),
		text(78, func(x *exchange) *string { return &x.HTTP2.Priority }),
		unsigned(109, func(x *exchange) *uint64 { return &x.HTTP2.NeverIndexed }),
	}, func(x *exchange) bool { return x.HTTP2 != flow.HTTP2{} }},
	{[]field{
		did(100),
		octets(101, func(x *exchange) *[]byte { return &x.Ruled.Request }),
		octets(102, func(x *exchange) *[]byte { return &x.Ruled.Response }),
		unsigned(103, func(x *exchange) *flow.BodyState { return &x.Ruled.RequestBody.State }),
		signed(104, func(x *exchange) *int64 { return &x.Ruled.RequestBody.Size }),
		octets(105, func(x *exchange) *[]byte { return &x.Ruled.RequestBody.Bytes }),
		unsigned(106, func(x *exchange) *flow.BodyState { return &x.Ruled.ResponseBody.State }),
		signed(107, func(x *exchange) *int64 { return &x.Ruled.ResponseBody.Size }),
		octets(108, func(x *exchange) *[]byte { return &x.Ruled.ResponseBody.Bytes }),
	}, wasRuled},
	{slices.Concat(
		[]field{
			unsigned(80, func(x *exchange) *flow.TLSOutcome { return &x.Secure.Outcome }),
			unsigned(81, func(x *exchange) *flow.Problem { return &x.Secure.Problem }),
			unsigned(82, func(x *exchange) *flow.Trust { return &x.Secure.Trust }),
			unsigned(83, func(x *exchange) *flow.Deviation { return &x.Secure.Deviation }),
			fixed(84, func(x *exchange) []byte { return x.Secure.Fingerprint[:] }),
		},
		tlsFields(86, func(x *exchange) *flow.TLSState { return &x.Secure.Client }),
		tlsFields(92, func(x *exchange) *flow.TLSState { return &x.Secure.Origin }),
		chain(98, 99, func(x *exchange) *[][]byte { return &x.Secure.Chain }),
	), wasSecure},
}

// fieldGroup is fields of which an exchange has none where any says so.
type fieldGroup struct {
	fields []field
	any    func(*exchange) bool
}

func wasRuled(x *exchange) bool {
	has := func(b *flow.Body) bool { return b.State != 0 || b.Size != 0 || len(b.Bytes) > 0 }
	r := &x.Ruled
	return len(r.Did)+len(r.Request)+len(r.Response) > 0 || has(&r.RequestBody) || has(&r.ResponseBody)
}

// wasSecure reports whether there is a byte of it, which is quick; more than that its fields say.
func wasSecure(x *exchange) bool {
	type bytes = [unsafe.Sizeof(x.Secure)]byte
	return *(*bytes)(unsafe.Pointer(&x.Secure)) != bytes{}
}

func tlsFields(first uint64, at func(*exchange) *flow.TLSState) []field {
	return []field{
		unsigned(first, func(x *exchange) *uint16 { return &at(x).Version }),
		unsigned(first+1, func(x *exchange) *uint16 { return &at(x).Cipher }),
		text(first+2, func(x *exchange) *string { return &at(x).ALPN }),
		flag(first+3, func(x *exchange) *bool { return &at(x).Resumed }),
		fixed(first+4, func(x *exchange) []byte { return at(x).JA4[:] }),
	}
}

// rowFields are all of a row but Rev, which numbers changes in one run.
var rowFields = slices.Concat(contextFields, ownFields, restFields)

// allFields are all of an exchange.
var allFields = func() []field {
	all := rowFields
	for _, g := range contentFields {
		all = slices.Concat(all, g.fields)
	}
	return all
}()

const fieldNumbers = 128

// byNumber finds a field, and how it is written.
var byNumber = func() (by [fieldNumbers]struct {
	get  func(*exchange, value)
	wire uint64
}) {
	for _, f := range allFields {
		by[f.number].get, by[f.number].wire = f.get, f.wire
	}
	return by
}()

// readWhole reads all fields of a record that stands in block.
func readWhole(record, block []byte, x *exchange) error {
	err := read(record, block, x, false)
	x.Timing.End += x.Duration
	return err
}

// readInPlace is readWhole, but for heads, bodies and the like, which stay in the block.
func readInPlace(record, block []byte, x *exchange) error {
	err := read(record, block, x, true)
	x.Timing.End += x.Duration
	return err
}
