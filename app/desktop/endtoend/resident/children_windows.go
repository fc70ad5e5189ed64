package main

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// children counts the processes that were started by this one and live.
func children() int {
	list, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return -1
	}
	defer func() { _ = windows.CloseHandle(list) }()
	count := 0
	var e windows.ProcessEntry32
	e.Size = uint32(unsafe.Sizeof(e))
	for err = windows.Process32First(list, &e); err == nil; err = windows.Process32Next(list, &e) {
		if int(e.ParentProcessID) == os.Getpid() {
			count++
		}
	}
	return count
}
