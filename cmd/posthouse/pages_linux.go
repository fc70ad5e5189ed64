package main

/*
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum { PAGE = 2 << 20, ROOMS = 2 };

struct rooms {
	uintptr_t from[ROOMS];
	size_t size[ROOMS];
};

// fill has the pages made, of both rooms in turns, and changes nothing in them.
static void *fill(void *what) {
	struct rooms r = *(struct rooms *)what;
	free(what);
	for (size_t at = 0; at < r.size[0] || at < r.size[1]; at += PAGE) {
		for (int i = 0; i < ROOMS; i++) {
			if (at < r.size[i] && madvise((void *)(r.from[i] + at), PAGE, MADV_POPULATE_WRITE) != 0) {
				return NULL; // a kernel before 5.14
			}
		}
	}
	return NULL;
}

// fill_beside fills rooms on a thread of its own, which gets no signals: Go does not know it.
static void fill_beside(void *c, size_t c_size, void *go, size_t go_size) {
	struct rooms *r = malloc(sizeof *r);
	if (r == NULL) {
		return;
	}
	r->from[0] = ((uintptr_t)c + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	r->from[1] = ((uintptr_t)go + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	r->size[0] = c == NULL ? 0 : c_size;
	r->size[1] = go_size;
	sigset_t all, before;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, fill, r) == 0) {
		pthread_setname_np(thread, "pages");
		pthread_detach(thread);
	} else {
		free(r);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
*/
import "C"

import (
	"os"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// goRoom is how much of Go's heap has large pages: what a start fills of it.
const goRoom = 48 << 20

// What every start fills of the rooms in any case.
const (
	goFilled = 20 << 20
	cFilled  = 26 << 20
)

// takeLargePages has the first part of Go's heap lie in pages of 2 MiB where the kernel asks whether a program
// wants that. A start fills twenty thousand of 4 KiB, and in a virtual machine each may take longer than what is
// done with it. It costs no memory but the rest of one page: what is not used is not there.
//
// In a virtual machine that has given its memory back to its host a large page may take 6 ms. What a start fills in
// any case, here and of the C library's from c on, is made on another thread, ahead of those that fill it.
func takeLargePages(c unsafe.Pointer) {
	room := make([]byte, goRoom) // nobody writes there
	_ = unix.Madvise(room, unix.MADV_HUGEPAGE)
	if enabled, _ := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled"); !strings.Contains(string(enabled), "[never]") {
		fillBeside(c, cFilled, unsafe.Pointer(&room[0]), goFilled)
	}
	runtime.KeepAlive(room)
	room = nil
	runtime.GC()
}

func fillBeside(c unsafe.Pointer, cSize int, room unsafe.Pointer, size int) {
	C.fill_beside(c, C.size_t(cSize), room, C.size_t(size))
}
