// Package widget has the widgets that several rooms of the window use. A widget knows nothing
// of the room that it is in: it calls the functions that it was given. All of it belongs
// to the UI goroutine; what a widget starts beside it ends with the widget's Close.
package widget
