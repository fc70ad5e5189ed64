package query

import (
	"strings"

	"posthouse/proxy/flow"
)

// Fields are those of a row, in groups, as what keeps many rows may keep them apart. It is a set.
type Fields uint8

const (
	// FieldsAlike are what many rows have alike: kind, phase, method, scheme, host, protocol, content
	// type, origin, upstream proxy, program but for its process, what was mended, TLS.
	FieldsAlike Fields = 1 << iota
	FieldPath
	FieldStatus
	FieldSizes
	FieldDuration
	FieldAnnotation
	FieldsOther // all others: the client, the process, failure and reason, times
	AllFields   = FieldsAlike | FieldPath | FieldStatus | FieldSizes | FieldDuration | FieldAnnotation | FieldsOther
)

// Fields are the fields of rows that Row looks at: it says the same of a row without the others.
func (q *Query) Fields() Fields {
	if q == nil {
		return 0
	}
	return q.root.fields()
}

func (n *node) fields() Fields {
	fields := n.term.fields
	for i := range n.kids {
		fields |= n.kids[i].fields()
	}
	return fields
}

// RowOf is Row for a row of which only some fields are known: Unknown where it depends on more.
// It allocates nothing.
func (q *Query) RowOf(r *flow.Row, known Fields) Result {
	if q == nil {
		return Matched
	}
	e := evaluation{row: r, known: rowSides, hidden: AllFields &^ known}
	return q.root.eval(&e)
}

// wordFields are what a plain word looks at.
const wordFields = FieldsAlike | FieldPath | FieldStatus | FieldsOther

// appFields is for app:, which knows programs that had ended by their process.
func appFields(value string) Fields {
	if strings.Contains(value, appUnknown) {
		return FieldsAlike | FieldsOther
	}
	return FieldsAlike
}
