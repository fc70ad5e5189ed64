package sysproxy

import (
	"context"
	"os"

	"posthouse/app/desktop/autostart"
)

// repairFlag is hidden: -repair-network DIR.
const repairFlag = "-repair-network"

// repairEntry is an entry that is there as long as the journal: when even the
// watchdog had no time, because the power failed, the next login puts the
// settings back, also where the app is not started again.
func repairEntry(command []string, dir string) autostart.Entry {
	e := autostart.Entry{ID: "io.github.posthouse.Posthouse.Repair", Name: "Posthouse network repair", Args: []string{repairFlag, dir}}
	if len(command) > 0 {
		e.Program = command[0]
		e.Args = append(append([]string(nil), command[1:]...), e.Args...)
	}
	return e
}

// runRepair is what the entry starts. It leaves the settings of a Posthouse that
// runs alone.
func runRepair(dir string) int {
	if _, err := repair(context.Background(), dir); err != nil {
		_, _ = os.Stderr.WriteString("posthouse: " + err.Error() + "\n")
		return 1
	}
	return 0
}
