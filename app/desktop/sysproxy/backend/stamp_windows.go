package backend

import "io/fs"

func fileID(fs.FileInfo) string { return "" }
