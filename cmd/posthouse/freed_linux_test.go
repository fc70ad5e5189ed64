package main

import (
	"testing"
	"unsafe"

	"github.com/ebitengine/purego"
)

// A picture of the window is not mapped by itself, which would take its pages from the kernel each time.
func TestPicturesAreMadeOfWhatWasFreed(t *testing.T) {
	libc, err := purego.Dlopen("libc.so.6", purego.RTLD_NOW)
	if err != nil {
		t.Skip("there is no glibc here:", err)
	}
	var malloc func(size uintptr) unsafe.Pointer
	var free func(unsafe.Pointer)
	purego.RegisterLibFunc(&malloc, libc, "malloc")
	purego.RegisterLibFunc(&free, libc, "free")
	mapped := func() bool {
		const picture, isMapped = 1280 * 900 * 4, 2 // IS_MMAPPED in the size before what is allocated
		p := malloc(picture)
		defer free(p)
		return *(*uintptr)(unsafe.Add(p, -int(unsafe.Sizeof(uintptr(0)))))&isMapped != 0
	}
	if !mapped() {
		t.Fatal("it is not mapped to begin with: the test sees nothing")
	}
	_ = keepFreed()
	if mapped() {
		t.Error("it is mapped")
	}
}
