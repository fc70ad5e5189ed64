package main

/*
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

static void *keep_freed(size_t kept, size_t more) {
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, kept + more);
	mallopt(M_TOP_PAD, more);
	void *volatile first = malloc(1 << 20); // has it ask for that, and for more
	madvise((void *)((uintptr_t)first & ~(uintptr_t)4095), more, MADV_HUGEPAGE);
	free(first);
	mallopt(M_TOP_PAD, 4 << 20);
	return first;
#else
	return NULL;
#endif
}
*/
import "C"

import "unsafe"

// The C library keeps so much of what is freed, and begins with so much room that nothing is in.
const (
	cKept = 64 << 20
	cRoom = 32 << 20
)

// keepFreed has the C library keep what is freed. Drawing without a graphics processor
// allocates the picture of the window anew for each frame; handed back to the kernel each time, its pages were
// more than half of what the window's thread did for a frame. What it takes at the start it takes in large
// pages, see takeLargePages, which begin where it says; nil: nowhere.
func keepFreed() unsafe.Pointer { return C.keep_freed(cKept, cRoom) }
