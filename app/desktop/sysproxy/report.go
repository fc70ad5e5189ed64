package sysproxy

import (
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// A Report says what a restore did. The zero Report: there was nothing to do.
type Report struct {
	Restored []KeyReport // put back
	Left     []KeyReport // not put back: somebody else changed them meanwhile
	Dead     []string    // previous proxies on this computer that do not answer now; put back all the same
	Damaged  string      // where a journal that could not be read was moved to; nothing was put back from it
	Gone     []string    // backends of the journal that this desktop no longer has
	Busy     int         // the process ID of the Posthouse whose settings are in force and were left alone
}

// KeyReport is one key of a report.
type KeyReport struct {
	Backend, Key string
	Wrote        string // what Posthouse had written
	Now          string // what it holds now
}

// Empty reports whether there was nothing to say.
func (r Report) Empty() bool {
	return len(r.Restored)+len(r.Left)+len(r.Dead)+len(r.Gone) == 0 && r.Damaged == "" && r.Busy == 0
}

// String is the report in English, a line for each fact.
func (r Report) String() string {
	if r.Empty() {
		return "Nothing to restore: Posthouse has not changed the system proxy.\n"
	}
	return reason.English(r.Reason()) + "\n"
}

// Reason has a line for each fact, and is zero for none.
func (r Report) Reason() flow.Reason {
	var lines []flow.Reason
	for _, k := range r.Restored {
		lines = append(lines, reason.Restored.With(k.Backend, k.Key, shown(k.Now)))
	}
	for _, k := range r.Left {
		lines = append(lines, reason.LeftAlone.With(k.Backend, k.Key, shown(k.Now), shown(k.Wrote)))
	}
	for _, addr := range r.Dead {
		lines = append(lines, reason.RestoredDead.With(addr))
	}
	for _, name := range r.Gone {
		lines = append(lines, reason.RestoreLater.With(name))
	}
	if r.Damaged != "" {
		lines = append(lines, reason.JournalMoved.With(r.Damaged))
	}
	if r.Busy != 0 {
		lines = append(lines, reason.RestoreBusy.With(r.Busy))
	}
	return reason.All(reason.Lines, lines)
}

func shown(text string) flow.Reason {
	if text == "" {
		return reason.NotSet.With()
	}
	return reason.Text.With(text)
}
