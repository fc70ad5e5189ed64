// Package export writes what was captured in forms that other tools take: as a
// curl command for the shell that it is to be pasted into.
//
// The command sends the request as it was sent: method, target, field lines in
// their order, body byte for byte. What curl does by itself is either the same or
// switched off. Three things differ and are meant to: Host comes first and is
// spelled so, and Content-Length last and counted by curl, so that the body can be
// edited; an empty field has no space after its colon; Proxy-Connection, which
// tells the proxy something, is left out. Everything else that differs has a Note.
//
// Requests come from the network, so every byte of them is hostile: a command
// holds printable characters alone, and between quotes nothing means anything to
// the shell or to curl (RFC 9110 section 17.5). What cannot be written in that way
// is left out, with a Note.
package export
