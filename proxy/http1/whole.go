package http1

import "posthouse/proxy/reason"

// ErrNotWhole says that bytes are not one head and nothing behind it.
var ErrNotWhole = newError(400, reason.HeadLines)

// WholeRequest reads bytes that are the head of a request and nothing else, as strictly as one
// that comes. They must stay unchanged while it is used.
func WholeRequest(head []byte, limits *Limits) (r Request, err error) {
	err = whole(head, limits, func(lines *Lines) error { return ParseRequest(&r, head, lines) })
	return r, err
}

// WholeResponse is WholeRequest for the head of a response.
func WholeResponse(head []byte, limits *Limits) (r Response, err error) {
	err = whole(head, limits, func(lines *Lines) error { return ParseResponse(&r, head, lines) })
	return r, err
}

func whole(head []byte, limits *Limits, parse func(*Lines) error) error {
	var lines Lines
	n, err := lines.Scan(head, limits)
	switch {
	case err != nil:
		return err
	case n == 0 || n != len(head):
		return ErrNotWhole
	}
	return parse(&lines)
}
