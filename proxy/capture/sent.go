package capture

import "posthouse/proxy/flow"

// Sent is who sends an exchange that Posthouse itself begins. Such a one is recorded also
// while recording is paused: its answer is what was asked for.
type Sent struct {
	From flow.ID // what it was made from; 0 for nothing

	// Began is called when the exchange has its row, on the goroutine that begins it.
	Began func(id flow.ID)
	// Ended is called once, when it has ended, with the row as it is then. The ID is 0 where
	// there was no room for a row: then only the failure is known, and why.
	Ended func(flow.Row)
}

func (s *Sent) began(id flow.ID) {
	if s != nil {
		s.Began(id)
	}
}

func (s *Sent) ended(row *flow.Row) {
	if s != nil {
		s.Ended(*row)
	}
}

// lineage is Row's.
func (s *Sent) lineage() flow.Lineage {
	if s == nil {
		return flow.Lineage{}
	}
	return flow.Lineage{Own: true, From: s.From}
}
