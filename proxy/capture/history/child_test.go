package history

import "os"

func childWriter(dir string) { os.Exit(0) }
