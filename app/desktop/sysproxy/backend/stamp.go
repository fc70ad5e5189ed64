package backend

import "os"

// FileStamp tells files apart that were written or replaced.
func FileStamp(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "none"
	}
	return info.ModTime().String() + " " + fileID(info)
}
