//go:build linux && !race

package capture

import "golang.org/x/sys/unix"

// segmentFlags has the system put memory behind a segment in one step: it is about to
// be filled, and a fault for each page costs as much as what is written there.
const segmentFlags = unix.MAP_POPULATE
