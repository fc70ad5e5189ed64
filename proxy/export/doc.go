// Package export writes what was captured in forms that other tools take: commands
// for a shell, programs in some languages, HTTP, Markdown, HAR.
//
// Each form is written from one request (request, plan), by the rules of the program
// that it is for (program): what that adds, refuses or spells otherwise has a Note.
//
// A curl command sends the request as it was sent: method, target, field lines in
// their order, body byte for byte. What curl does by itself is either the same or
// switched off. Three things differ and are meant to: Host comes first and is
// spelled so, and Content-Length last and counted by curl, so that the body can be
// edited; an empty field has no space after its colon; Proxy-Connection, which
// tells the proxy something, is left out. Everything else that differs has a Note.
//
// Requests come from the network, so every byte of them is hostile: a copy holds
// printable characters alone, and what was captured stands between quotes, in which
// nothing means anything to the shell, the language or the program (RFC 9110 section
// 17.5). What cannot be written in that way is left out, with a Note.
//
// The functions read what they are given and nothing else: an exchange whose secrets
// were masked before is copied masked. They are safe for use by several goroutines.
package export
