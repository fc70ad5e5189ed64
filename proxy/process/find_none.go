//go:build !linux && !windows && !darwin

package process

import "posthouse/proxy/flow"

type system struct{}

// find knows no program on this system.
func (s *system) find(questions []question) []flow.App { return make([]flow.App, len(questions)) }
