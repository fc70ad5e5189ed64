// Package message makes exchanges of what the files of other programs tell of them: heads
// from field lines or from bytes, bodies without their framing, the values of a row, and
// the WebSocket messages that Foreign keeps. It keeps no state and starts nothing.
//
// Everything in a file is hostile. A head that is made here has as many lines as the file
// told fields, whatever is in their names and values; bodies are cut at archive.Limits.
package message
