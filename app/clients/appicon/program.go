package appicon

// maxPath is where rows cut the path of a program (flow.Row.AppPath): one of that
// length may lead elsewhere.
const maxPath = 256

// Program is a program whose icon is looked for.
type Program struct {
	Path string // of its file; "": not known
	PID  int32  // of a process that runs it, only where the path alone does not tell which program it is
}

// Of is the program of a path and a process.
func Of(path string, pid int32) Program {
	switch {
	case len(path) >= maxPath:
		return Program{}
	case ofProcess(path):
		return Program{path, pid}
	}
	return Program{Path: path}
}
