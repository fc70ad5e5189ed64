package http1

// keptFields bounds the memory for field lines that a reused head keeps; a head with more gets its own.
const keptFields = 256

// MaxNamed bounds how many field names one head's Connection fields may list
// (RFC 9110 section 7.6.1); a head that lists more is refused.
const MaxNamed = 64

// Head is what requests and responses have in common. All slices alias Raw.
type Head struct {
	Raw    []byte  // the whole head, from the start-line through the closing empty line
	Fields []Field // in order, duplicates and all
	Minor  uint8   // HTTP/1.Minor

	Length  int64 // Content-Length, or -1 where there is none
	Chunked bool  // Transfer-Encoding: chunked

	Close        bool // Connection: close
	AskedKeep    bool // Connection: keep-alive
	ListsUpgrade bool // Connection: upgrade
	ListsTE      bool // Connection: TE
	HasUpgrade   bool // an Upgrade field stands in the head
	HasVia       bool // a Via field stands in the head
	HasTE        bool // a TE field stands in the head
	HasLogin     bool // a field of authentication (RFC 9110 section 11) stands in the head
	ContentType  []byte

	loose    bool     // a mended head: see Response.parse
	named    [][]byte // other names that Connection lists
	names    []byte   // memory for them behind Detach
	hosts    int
	lengths  int
	codings  int
	codedErr error
}

func (h *Head) reset(raw []byte) {
	if cap(h.Fields) > keptFields {
		h.Fields = nil
	}
	*h = Head{Raw: raw, Length: -1, Fields: h.Fields[:0], named: h.named[:0], names: h.names}
}

// parseFields reads the field lines of a scanned head into h.
func (h *Head) parseFields(lines *Lines) error {
	count := len(lines.ends) - 2 // without the start-line and the empty line
	if cap(h.Fields) < count {
		h.Fields = make([]Field, 0, max(count, min(count+count/2+8, keptFields)))
	}
	h.Fields = h.Fields[:count]
	for i := range count {
		f := &h.Fields[i]
		line := h.Raw[lines.ends[i]:lines.ends[i+1]]
		if err := parseField(line, f); err != nil && !(h.loose && parseOddField(line, f)) {
			return err
		}
		if f.Known == Other {
			continue
		}
		if err := h.interpret(f); err != nil {
			return err
		}
	}
	return h.checkFraming()
}

// interpret keeps what a known field says.
func (h *Head) interpret(f *Field) error {
	switch f.Known {
	case ContentLength:
		h.lengths++
		if h.lengths > 1 {
			return ErrLengthTwice
		}
		n, ok := parseDecimal(f.Value)
		if !ok {
			return ErrLength
		}
		h.Length = n
	case TransferEncoding:
		h.codings++
		h.interpretCoding(f.Value)
	case Connection, ProxyConnection:
		return h.interpretConnection(f.Value, f.Known == Connection)
	case Host:
		h.hosts++
	case Upgrade:
		h.HasUpgrade = true
	case Via:
		h.HasVia = true
	case TE:
		h.HasTE = true
	case Authorization, ProxyAuthorization, WWWAuthenticate, ProxyAuthenticate:
		h.HasLogin = true
	case ContentType:
		if h.ContentType == nil {
			h.ContentType = f.Value
		}
	}
	return nil
}

// interpretCoding accepts "chunked" alone. A coding before a final chunked is well
// formed but not ours to undo (501); anything else is malformed (400).
func (h *Head) interpretCoding(value []byte) {
	if EqualFold(value, "chunked") {
		h.Chunked = true
		return
	}
	h.codedErr = ErrCoding
	var last []byte
	chunked, count := 0, 0
	for rest := value; rest != nil; count++ {
		last, rest = nextElement(rest)
		if len(last) == 0 || !isClass(last, classToken) {
			return
		}
		if EqualFold(last, "chunked") {
			chunked++
		}
	}
	if chunked == 1 && EqualFold(last, "chunked") && count > 1 {
		h.codedErr = ErrCodingUnknown
	}
}

func (h *Head) interpretConnection(value []byte, names bool) error {
	for rest := value; rest != nil; {
		var option []byte
		option, rest = nextElement(rest)
		switch {
		case len(option) == 0:
		case EqualFold(option, "close"):
			h.Close = true
		case EqualFold(option, "keep-alive"):
			h.AskedKeep = true
		case !names, !isClass(option, classToken): // names no field; the whole line is dropped anyway
		case EqualFold(option, "upgrade"):
			h.ListsUpgrade = true
		case EqualFold(option, "te"):
			h.ListsTE = true
		case len(h.named) == MaxNamed:
			return ErrConnection
		default:
			h.named = append(h.named, option)
		}
	}
	return nil
}

// checkFraming refuses what RFC 9112 section 6.3 calls invalid or an attack.
func (h *Head) checkFraming() error {
	switch {
	case h.codings == 0:
		return nil
	case h.lengths > 0:
		return ErrLengthAndCoded
	case h.Minor == 0:
		return ErrCodingOld
	case h.codedErr != nil:
		return h.codedErr
	case h.codings > 1:
		return ErrCoding
	}
	return nil
}

// Named reports whether f is of this connection alone because Connection lists
// its name. Fields that carry framing or routing stay whatever Connection says
// (RFC 9110 section 7.6.1), or naming them would smuggle.
func (h *Head) Named(f *Field) bool {
	if len(h.named) == 0 {
		return false
	}
	switch f.Known {
	case Host, ContentLength, TransferEncoding, MaxForwards, Via, Trailer:
		return false
	}
	for _, name := range h.named {
		if sameFold(name, f.Name) {
			return true
		}
	}
	return false
}

// Find returns the value of the first field that is k, or nil.
func (h *Head) Find(k Known) []byte {
	for i := range h.Fields {
		if h.Fields[i].Known == k {
			return h.Fields[i].Value
		}
	}
	return nil
}

// Lists reports whether any field that is k holds the list element word, in lower case.
func (h *Head) Lists(k Known, word string) bool {
	for i := range h.Fields {
		if h.Fields[i].Known == k && listHolds(h.Fields[i].Value, word) {
			return true
		}
	}
	return false
}
