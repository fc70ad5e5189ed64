package sysproxy

import "posthouse/app/desktop/sysproxy/backend"

// Summary is what a Manager says of each backend, in words that all share.
type Summary = backend.Summary

// How a system finds its proxy.
const (
	ModeNone   = backend.ModeNone
	ModeManual = backend.ModeManual
	ModePAC    = backend.ModePAC
	ModeAuto   = backend.ModeAuto
	ModeOther  = backend.ModeOther
)

// ErrLocked says that an administrator has fixed the proxy settings.
var ErrLocked = backend.ErrLocked
