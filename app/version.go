package app

import (
	"runtime/debug"

	"posthouse/proxy/archive/har"
)

// Version is this program's version, as in FyneApp.toml; a package sets it to its own
// by -ldflags, from the git tag.
var Version = "0.1.0"

func init() { har.Version = Version } // here, where -ldflags have set it

// Build is the version with the commit that was built, where that is known.
func Build() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Version
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				modified = "+"
			}
		}
	}
	if len(revision) < 12 {
		return Version
	}
	return Version + " (" + revision[:12] + modified + ")"
}
