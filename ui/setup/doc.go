// Package setup holds the dialogs that help a person set Posthouse up: getting
// the certificate trusted, the first steps to a decrypted request, other devices,
// and the check of what is on this computer.
//
// The window opens each with Deps. All of it belongs to the UI goroutine but what
// is handed to Deps.Work: whatever runs a program, asks a disk or the controller
// for something slow goes there, and a dialog that was closed meanwhile takes the
// answer without harm. A dialog that watches something ends that when it is closed.
package setup
