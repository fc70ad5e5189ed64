package http1

import (
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Error is a message that was refused. It is comparable; every refusal is one
// of the values below, so that refusing costs no memory.
type Error struct {
	Status int             // what a server answers to such a request (a response is always a 502)
	Code   flow.ReasonCode // what is wrong
}

func (e *Error) Error() string { return reason.English(e.Reason()) }

// Reason is what is wrong, as a reason.
func (e *Error) Reason() flow.Reason { return flow.Reason{Code: e.Code} }

func newError(status int, code flow.ReasonCode) *Error { return &Error{Status: status, Code: code} }

// Refusals of heads.
var (
	ErrBareLF         = newError(400, reason.BareLF)
	ErrControl        = newError(400, reason.Control)
	ErrFold           = newError(400, reason.Fold)
	ErrFieldName      = newError(400, reason.FieldName)
	ErrSpaceColon     = newError(400, reason.SpaceColon)
	ErrRequestLine    = newError(400, reason.RequestLine)
	ErrMethod         = newError(400, reason.Method)
	ErrTarget         = newError(400, reason.Target)
	ErrVersion        = newError(400, reason.Version)
	ErrVersionMajor   = newError(505, reason.VersionMajor)
	ErrTLS            = newError(400, reason.LooksLikeTLS)
	ErrStatusLine     = newError(400, reason.StatusLine)
	ErrHostMissing    = newError(400, reason.HostMissing)
	ErrHostTwice      = newError(400, reason.HostTwice)
	ErrHostValue      = newError(400, reason.HostValue)
	ErrLengthTwice    = newError(400, reason.LengthTwice)
	ErrLengthDiffers  = newError(400, reason.LengthDiffers)
	ErrLength         = newError(400, reason.Length)
	ErrLengthAndCoded = newError(400, reason.LengthAndCoded)
	ErrCoding         = newError(400, reason.Coding)
	ErrCodingUnknown  = newError(501, reason.CodingUnknown)
	ErrCodingOld      = newError(400, reason.CodingOld)
	ErrLineTooLong    = newError(414, reason.LineTooLong)
	ErrHeadTooLarge   = newError(431, reason.HeadTooLarge)
	ErrTooManyFields  = newError(431, reason.TooManyFields)
	ErrConnection     = newError(400, reason.Connection)
	ErrMaxForwards    = newError(400, reason.MaxForwards)
)

// Refusals of targets.
var (
	ErrAuthority  = newError(400, reason.Authority)
	ErrHostLong   = newError(400, reason.HostLong)
	ErrUserinfo   = newError(400, reason.Userinfo)
	ErrPort       = newError(400, reason.Port)
	ErrScheme     = newError(501, reason.Scheme)
	ErrTargetForm = newError(400, reason.TargetForm)
)

// Refusals of chunked bodies.
var (
	ErrChunkSize     = newError(400, reason.ChunkSize)
	ErrChunkTooLarge = newError(400, reason.ChunkTooLarge)
	ErrChunkLine     = newError(400, reason.ChunkLine)
	ErrChunkEnd      = newError(400, reason.ChunkEnd)
	ErrTrailerLarge  = newError(431, reason.TrailerLarge)
)
