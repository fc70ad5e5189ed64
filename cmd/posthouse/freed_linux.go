package main

/*
#include <malloc.h>

static void keep_freed(void) {
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	mallopt(M_TOP_PAD, 4 << 20);
#endif
}
*/
import "C"

// keepFreed has the C library keep up to 64 MiB of what is freed. Drawing without a graphics processor
// allocates the picture of the window anew for each frame; handed back to the kernel each time, its pages were
// more than half of what the window's thread did for a frame.
func keepFreed() { C.keep_freed() }
