// Package e2e uses the desktop app as a person does: it starts its own
// desktop (an X server without a screen, a message bus, a window manager, a panel
// with a tray), runs the real binary in it, clicks, types, works the tray menu,
// and sends real requests through the proxy. Where Wine and mingw are installed it
// does so with the app for Windows too. It has tests only, behind the build tag
// e2e, and needs Linux. Run it with
//
//	make test STEPS=window
//
// What a test checks is, in this order of preference: what the system sees (a
// port that accepts, a process that ended, a file), what the tray says over
// D-Bus, what the clipboard holds, and last the pixels of the window. When a
// test fails, pictures of the screen and the logs stay in /tmp/posthouse-e2e-*.
package e2e
