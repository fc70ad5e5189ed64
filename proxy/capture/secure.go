package capture

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"posthouse/proxy/flow"
)

// packedSecure is a flow.Secure without its chain, as it lies in the rows log.
type packedSecure [packedSize]byte

// Offsets into a packedSecure.
const (
	packedOutcome     = 0
	packedProblem     = 1
	packedTrust       = 2
	packedDeviation   = 3
	packedClient      = 4 // version (2), cipher (2), ALPN (1), resumed (1), JA4
	packedOrigin      = packedClient + 6 + ja4Size
	packedFingerprint = packedOrigin + 6 + ja4Size
	packedSize        = packedFingerprint + 32
)

const ja4Size = len(flow.JA4{})

// alpnNames are the protocols that a TLSState names by number; any other is shown as none.
var alpnNames = [...]string{"", "h2", "http/1.1"}

func (p *packedSecure) set(s *flow.Secure) {
	p[packedOutcome], p[packedProblem], p[packedTrust] = byte(s.Outcome), byte(s.Problem), byte(s.Trust)
	p[packedDeviation] = byte(s.Deviation)
	packTLSState(p[packedClient:packedOrigin], s.Client)
	packTLSState(p[packedOrigin:packedFingerprint], s.Origin)
	copy(p[packedFingerprint:], s.Fingerprint[:])
}

// text is p itself, so it is good only while p stays.
func (p *packedSecure) text() string { return unsafe.String(&p[0], packedSize) }

func packTLSState(b []byte, l flow.TLSState) {
	binary.BigEndian.PutUint16(b, l.Version)
	binary.BigEndian.PutUint16(b[2:], l.Cipher)
	b[4], b[5] = 0, 0
	for i, name := range alpnNames {
		if l.ALPN == name {
			b[4] = byte(i)
		}
	}
	if l.Resumed {
		b[5] = 1
	}
	copy(b[6:], l.JA4[:])
}

func unpackTLSState(p string) flow.TLSState {
	return flow.TLSState{
		Version: uint16(p[0])<<8 | uint16(p[1]),
		Cipher:  uint16(p[2])<<8 | uint16(p[3]),
		ALPN:    alpnNames[p[4]],
		Resumed: p[5] != 0,
		JA4:     flow.JA4([]byte(p[6 : 6+ja4Size])),
	}
}

func unpackSecure(p string, s *flow.Secure) {
	if len(p) != packedSize {
		return
	}
	s.Outcome, s.Problem, s.Trust = flow.TLSOutcome(p[packedOutcome]), flow.Problem(p[packedProblem]), flow.Trust(p[packedTrust])
	s.Deviation = flow.Deviation(p[packedDeviation])
	s.Client, s.Origin = unpackTLSState(p[packedClient:]), unpackTLSState(p[packedOrigin:])
	copy(s.Fingerprint[:], p[packedFingerprint:])
}

// unpack unpacks p and finds the chain. It needs Store.mu.
func (c *chains) unpack(p string, to *flow.Secure) {
	unpackSecure(p, to)
	to.Chain = cloneChain(c.get(to.Fingerprint))
}

// cloneChain copies certificates for who may alter them.
func cloneChain(chain [][]byte) (all [][]byte) {
	for _, der := range chain {
		all = append(all, bytes.Clone(der))
	}
	return all
}

// SetSecure notes what both TLS connections of an exchange agreed on, and keeps
// the origin's chain, which must not be altered afterwards.
func (r *Record) SetSecure(s *flow.Secure) {
	if !r.listed {
		return
	}
	r.mu.Lock()
	r.secure.set(s)
	r.secured = true
	r.changed()
	r.mu.Unlock()
	if len(s.Chain) > 0 {
		r.s.mu.Lock()
		r.s.keepChain(s.Fingerprint, s.Chain)
		r.s.mu.Unlock()
	}
	r.s.signal()
}

// Bounds of the chains that are kept.
const (
	maxChains     = 256
	maxChainBytes = 16 << 10 // of one chain; what is longer ends before it
	chainOverhead = 256      // bytes beside the certificates
)

// chains holds certificate chains by the SHA-256 of their first certificate.
type chains struct {
	by    map[[32]byte]*chain
	bytes int64
	used  uint64 // rises with each use
}

type chain struct {
	certificates [][]byte
	cost         int64
	used         uint64
}

func (c *chains) get(key [32]byte) [][]byte {
	if found := c.by[key]; found != nil {
		return found.certificates
	}
	return nil
}

func (c *chains) reset(m *memory) {
	m.pages -= c.bytes
	*c = chains{used: c.used}
}

// keepChain keeps a chain, once; it needs Store.mu.
func (s *Store) keepChain(key [32]byte, certificates [][]byte) {
	c := &s.chains
	c.used++
	if known := c.by[key]; known != nil {
		known.used = c.used
		return
	}
	fresh := &chain{cost: chainOverhead, used: c.used}
	for _, der := range certificates {
		if fresh.cost+int64(len(der)) > maxChainBytes {
			break
		}
		fresh.cost += int64(len(der))
		fresh.certificates = append(fresh.certificates, der)
	}
	limit := s.memory.budget / 32
	for len(c.by) > 0 && (len(c.by) >= maxChains || c.bytes+fresh.cost > limit) {
		c.dropOldest(&s.memory)
	}
	if c.bytes+fresh.cost > limit || !s.lend(fresh.cost) {
		return
	}
	if c.by == nil {
		c.by = make(map[[32]byte]*chain)
	}
	c.by[key] = fresh
	c.bytes += fresh.cost
	s.memory.pages += fresh.cost
}

func (c *chains) dropOldest(m *memory) {
	var oldest [32]byte
	var found *chain
	for key, one := range c.by {
		if found == nil || one.used < found.used {
			oldest, found = key, one
		}
	}
	delete(c.by, oldest)
	c.bytes -= found.cost
	m.pages -= found.cost
}
