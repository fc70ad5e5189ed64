//go:build !linux

package notify

// event is something that a service tells; here none does.
type event struct{}

// toolkit has the caller's toolkit show notes; it can neither replace them nor
// take them back.
type toolkit struct{ o Options }

func newService(o Options) service { return toolkit{o} }

func (t toolkit) show(n Note) {
	if t.o.Fallback != nil {
		t.o.Fallback(n.Title, n.Body)
	}
}

func (toolkit) withdraw(string)      {}
func (toolkit) events() <-chan event { return nil }
func (toolkit) handle(event)         {}
func (toolkit) close()               {}
