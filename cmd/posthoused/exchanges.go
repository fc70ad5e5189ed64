package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"posthouse/app/settings"
	"posthouse/proxy/archive"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/redact"
)

// Secrets of what goes out.
const (
	secretsKeep = "keep"
	secretsMask = "mask"
)

// selection is which exchanges of a file are taken, and what becomes of them.
type selection struct {
	filter    string
	secrets   string
	from      archive.Format
	bodyLimit settings.Size
	query     *query.Query
	masker    *redact.Masker

	bodies *query.Bodies

	taken  int
	unseen int // exchanges of which the filter could not see all, and which were left out
	cut    int // bodies that were longer than the limit
	report redact.Report
}

// defaultBody is how much of a body convert and show keep.
const defaultBody = 256 << 20

func newSelection() *selection { return &selection{bodyLimit: defaultBody} }

// prepare checks what was said on the command line. Mask is what stands for no -secrets.
func (s *selection) prepare(mask bool) error {
	q, err := query.Parse(s.filter)
	if err != nil {
		return fmt.Errorf("-filter: %w", err)
	}
	s.query, s.bodies = q, query.NewBodies(context.Background(), 0)
	switch {
	case s.secrets != "" && s.secrets != secretsKeep && s.secrets != secretsMask:
		return errors.New("-secrets: write keep or mask")
	case s.secrets == secretsMask || s.secrets == "" && mask:
		s.masker = redact.New(redact.Options{})
	}
	return nil
}

func (s *selection) limits() archive.Limits { return archive.Limits{Body: int64(s.bodyLimit)} }

// each hands over what is taken. A file that breaks off is an error behind what came before.
func (s *selection) each(r archive.Reader, visit func(*flow.Exchange) error) error {
	for {
		x, err := r.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		if !s.matches(x) {
			continue
		}
		for _, b := range x.Bodies() {
			if b.State == flow.BodyCut && int64(len(b.Bytes)) == int64(s.bodyLimit) {
				s.cut++
			}
		}
		if err := visit(s.masked(x)); err != nil {
			return err
		}
		s.taken++
	}
}

// matches asks the filter, which may look into fields and bodies.
func (s *selection) matches(x *flow.Exchange) bool {
	fresh := *x // a reader may use its own again
	result, _ := s.query.MatchExchange(&fresh, s.bodies)
	if result == query.Unknown {
		s.unseen++
	}
	return result == query.Matched
}

// masked is an exchange as it goes out.
func (s *selection) masked(x *flow.Exchange) *flow.Exchange {
	if s.masker == nil {
		return x
	}
	out, report := s.masker.Exchange(x)
	s.report.Add(report)
	return &out
}

// summary says what went out, on standard error.
func (s *selection) summary(w io.Writer) {
	_, _ = fmt.Fprintln(w, flow.Counted(s.taken, "exchange", "exchanges"))
	if s.unseen > 0 {
		_, _ = fmt.Fprintf(w, "%s left out because the file does not have all that the filter asks for\n",
			flow.Counted(s.unseen, "exchange was", "exchanges were"))
	}
	if s.cut > 0 {
		_, _ = fmt.Fprintf(w, "%s cut\n", flow.Counted(s.cut, "body is longer than -body-limit and was",
			"bodies are longer than -body-limit and were"))
	}
	if s.masker != nil && s.report.Total() > 0 {
		_, _ = fmt.Fprintf(w, "%s masked in %s; -secrets keep leaves them. It is never certain that none is left\n",
			flow.Counted(s.masker.Secrets(), "secret was", "secrets were"), flow.Counted(s.report.Total(), "place", "places"))
	}
	if s.masker != nil && s.report.LeftOut > 0 {
		_, _ = fmt.Fprintf(w, "%s left out\n", flow.Counted(s.report.LeftOut, "body that cannot be looked into was",
			"bodies that cannot be looked into were"))
	}
}

// writeError tells a failed write from a file that cannot be read on.
type writeError struct{ error }

func (e writeError) Unwrap() error { return e.error }
