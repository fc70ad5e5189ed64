// Package content makes what was captured readable: it undoes content codings
// on copies, finds the charset, and tells kinds of content apart. Nothing here is on the
// data path, every output is bounded, and bytes that cannot be decoded are no
// error of the program: what could be made of them is returned with a note.
//
//	Fields(head)            the start-line and the field lines of a raw head
//	Decode(codings, body)   without gzip, deflate, br, zstd; bounded
//	KindOf(type, body)      text, JSON, image, bytes...
//	Text(type, body)        as UTF-8
//	FormFields, Parts       forms and multipart bodies, taken apart
//
// Pictures are decoded by the package raster below.
package content
