// Package raster decodes pictures that strangers made: images in captured bodies,
// icons of programs. The decoders that it calls trust what they read, so they are
// held from outside:
//
//   - the size of the real frame is read before anything is decoded, not the one
//     that a container claims, and is checked again afterwards;
//   - what a decoder will take of memory is worked out from that size first;
//   - a decoder reads through a reader that ends when its time is over, or when the
//     caller no longer wants the picture;
//   - a panic in a decoder, or in drawing what it returned, is an error;
//   - one picture is decoded at a time in the whole program.
//
// What is returned is plain pixels that the caller may draw without any of that.
// All functions may be called from any goroutine.
package raster
