//go:build !windows

package filetypes

// Registered returns the entry of this program; ok is false where the system has no such list.
func Registered() (e Entry, ok bool) { return Entry{}, false }

// none is where nothing is registered.
type none struct{}

func system() classes { return none{} }

func (none) Class(string, string) (string, error) { return "", nil }
func (none) Chosen(string) (string, error)        { return "", nil }
func (none) Set(string, string, string) error     { return nil }
func (none) Unset(string, string) error           { return nil }
func (none) Changed()                             {}
