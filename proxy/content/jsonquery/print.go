package jsonquery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
)

// errFull says that no more results are kept.
var errFull = errors.New("there are more results")

// printer sets values out as text, up to MaxResults and MaxOutput: a value of jq may hold
// others many times over, and be larger as a text than it is in memory.
type printer struct {
	ctx     context.Context
	b       bytes.Buffer
	results int
	more    bool
	steps   int
}

func (p *printer) answer() Answer {
	return Answer{Text: p.b.String(), Results: p.results, More: p.more}
}

// add adds a value.
func (p *printer) add(ctx context.Context, value any) error {
	if p.results == MaxResults {
		p.more = true
		return errFull
	}
	begin := p.b.Len()
	p.ctx = ctx
	if p.results > 0 {
		p.b.WriteByte('\n')
	}
	if err := p.value(value, 1); err != nil {
		p.b.Truncate(begin)
		p.more = p.more || errors.Is(err, errFull)
		return err
	}
	p.results++
	return nil
}

func (p *printer) value(value any, depth int) error {
	if p.steps++; p.steps%stepsAtOnce == 0 && p.ctx.Err() != nil {
		return causeOf(p.ctx, p.ctx.Err())
	}
	if p.b.Len() > MaxOutput || depth > maxDepth {
		return errFull
	}
	switch v := value.(type) {
	case nil:
		p.b.WriteString("null")
	case bool:
		p.b.WriteString(strconv.FormatBool(v))
	case int:
		p.b.WriteString(strconv.Itoa(v))
	case float64:
		p.number(v)
	case *big.Int:
		p.b.WriteString(v.String())
	case json.Number:
		p.b.WriteString(v.String())
	case string:
		p.text(v)
	case []any:
		return p.array(v, depth)
	case map[string]any:
		return p.object(v, depth)
	default:
		return fmt.Errorf("a value of type %T is not JSON", value)
	}
	return nil
}

// number writes what JSON has no number for as jq does.
func (p *printer) number(f float64) {
	switch {
	case math.IsNaN(f):
		p.b.WriteString("null")
		return
	case math.IsInf(f, 0):
		f = math.Copysign(math.MaxFloat64, f)
	}
	b, _ := json.Marshal(f)
	p.b.Write(b)
}

func (p *printer) text(s string) {
	e := json.NewEncoder(&p.b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text always is
	p.b.Truncate(p.b.Len() - 1)
}

const indent = "  "

func (p *printer) line(depth int) {
	p.b.WriteByte('\n')
	for range min(depth, 100) { // deeper it would be indentation alone
		p.b.WriteString(indent)
	}
}

func (p *printer) array(all []any, depth int) error {
	if len(all) == 0 {
		p.b.WriteString("[]")
		return nil
	}
	p.b.WriteByte('[')
	for i, one := range all {
		if i > 0 {
			p.b.WriteByte(',')
		}
		p.line(depth)
		if err := p.value(one, depth+1); err != nil {
			return err
		}
	}
	p.line(depth - 1)
	p.b.WriteByte(']')
	return nil
}

func (p *printer) object(all map[string]any, depth int) error {
	if len(all) == 0 {
		p.b.WriteString("{}")
		return nil
	}
	p.b.WriteByte('{')
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if i > 0 {
			p.b.WriteByte(',')
		}
		p.line(depth)
		p.text(name)
		p.b.WriteString(": ")
		if err := p.value(all[name], depth+1); err != nil {
			return err
		}
	}
	p.line(depth - 1)
	p.b.WriteByte('}')
	return nil
}
