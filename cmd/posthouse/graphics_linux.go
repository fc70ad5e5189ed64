package main

/*
#cgo LDFLAGS: -ldl -lpthread
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What the toolkit calls first, and from its own thread, but on X11 from any: one at a time. It is not there where
// the toolkit draws without a screen, as in tests.
__attribute__((weak)) extern int glfwInit(void);
__attribute__((weak)) extern void *glfwCreateStandardCursor(int shape);
__attribute__((weak)) extern void glfwDestroyCursor(void *cursor);
enum { ARROW = 0x36001 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int begun, ended, screen, may_load; // under lock: screen says whether the toolkit can be used

// open_screen connects to the X server and reads what its keyboard composes, 30 to 50 ms. The first cursor loads a
// library, which nothing can while the driver is loaded.
static int open_screen(void) {
	if (glfwInit == NULL) {
		return 1;
	}
	if (!glfwInit()) {
		return 0;
	}
	void *cursor = glfwCreateStandardCursor(ARROW);
	if (cursor != NULL) {
		glfwDestroyCursor(cursor);
	}
	return 1;
}

static int is_set(const char *name) {
	const char *value = getenv(name);
	return value != NULL && *value != 0;
}

// The driver that draws by the processor is in one file with those of most graphics processors, or loaded with
// what is loaded first.
static void load_driver(void) {
	void *mesa = dlopen("libGLX_mesa.so.0", RTLD_NOW | RTLD_LOCAL);
	void *there = mesa ? dlsym(mesa, "__glx_Main") : NULL;
	Dl_info at;
	char path[4096];
	if (there == NULL || !dladdr(there, &at)) {
		return;
	}
	const char *name = strrchr(at.dli_fname, '/');
	if (name != NULL && name - at.dli_fname < 4000) {
		snprintf(path, sizeof path, "%.*s/dri/swrast_dri.so", (int)(name - at.dli_fname), at.dli_fname);
		dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
}

static void *prepare_graphics(void *unused) {
	const char *session = getenv("XDG_SESSION_TYPE");
	int can = 1; // or another than X11, which the toolkit begins with on its own thread
	if (getenv("WAYLAND_DISPLAY") == NULL && getenv("FYNE_PLATFORM") == NULL && (session == NULL || strcmp(session, "wayland") != 0)) {
		can = open_screen();
	}
	pthread_mutex_lock(&lock);
	screen = can;
	ended = 1;
	pthread_cond_broadcast(&changed);
	while (!may_load) {
		pthread_cond_wait(&changed, &lock);
	}
	pthread_mutex_unlock(&lock);
	if (access("/proc/driver/nvidia/version", F_OK) != 0) {
		load_driver();
	}
	return unused;
}

static void let_load(void) {
	pthread_mutex_lock(&lock);
	may_load = 1;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

// await_screen says whether the toolkit may be used. What it calls next, where it does not choose between X11 and
// Wayland itself, is called here, since it ends the program with a list of goroutines where that fails.
static int await_screen(void) {
	pthread_mutex_lock(&lock);
	while (begun && !ended) {
		pthread_cond_wait(&changed, &lock);
	}
	int can = !begun || screen;
	pthread_mutex_unlock(&lock);
	if (can && glfwInit != NULL && !is_set("FYNE_PLATFORM") && !(is_set("DISPLAY") && is_set("WAYLAND_DISPLAY"))) {
		can = glfwInit();
	}
	return can;
}

static int is_flag(const char *flag, const char *name) {
	size_t n = strlen(name);
	return strncmp(flag, name, n) == 0 && (flag[n] == 0 || flag[n] == '=');
}

// shows_window says whether a window is shown with these arguments, as far as they begin like flags.
static int shows_window(int argc, char **argv) {
	for (int i = 1; i < argc; i++) {
		const char *flag = argv[i];
		if (*flag++ != '-') {
			continue;
		}
		flag += *flag == '-';
		if (!is_flag(flag, "config") && !is_flag(flag, "start") && !is_flag(flag, "lang")) {
			return 0;
		}
	}
	return getenv("DISPLAY") != NULL || getenv("WAYLAND_DISPLAY") != NULL;
}

// begins_anew says whether prepare starts the program once more.
static int begins_anew(void) {
	const char *lang = getenv("LANG"), *all = getenv("LC_ALL");
	return (all == NULL || *all == 0) && (lang == NULL || *lang == 0 || strcmp(lang, "C") == 0 || strcmp(lang, "POSIX") == 0);
}

#ifdef __GLIBC__ // whose constructors have the arguments
// It is called before Go is there. The thread gets no signals: Go does not know it.
__attribute__((constructor)) static void begin_early(int argc, char **argv) {
	if (!shows_window(argc, argv) || begins_anew()) {
		return;
	}
	sigset_t all, before;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, prepare_graphics, NULL) == 0) {
		begun = 1;
		pthread_setname_np(thread, "graphics");
		pthread_detach(thread);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
#endif
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
)

// threadsAhead is how many threads of Go's a start needs while the graphics driver is loaded.
const threadsAhead = 6

// loadGraphics has the graphics driver loaded, which brings a compiler of a hundred megabytes, beside what follows.
// Who loads it when the window is made waits for it, a tenth of the start. The C library makes no thread meanwhile,
// and Go's own thread would wait that wants one: so there are some before. Where another driver draws, a little
// memory is spent.
func loadGraphics() {
	var there, gone sync.WaitGroup
	there.Add(threadsAhead)
	for range threadsAhead {
		gone.Go(func() {
			runtime.LockOSThread() // the thread is Go's again where this is undone
			there.Done()
			there.Wait()
			runtime.UnlockOSThread()
		})
	}
	gone.Wait()
	C.let_load()
}

// awaitScreen waits until the toolkit may be used: its connection to the screen was begun before Go was there. It
// fails where there is no screen. It is for the thread on which the toolkit runs.
func awaitScreen() error {
	if C.await_screen() != 0 {
		return nil
	}
	x11, wayland := os.Getenv("DISPLAY"), os.Getenv("WAYLAND_DISPLAY")
	if x11 == "" && wayland == "" {
		return errors.New("there is no display (DISPLAY and WAYLAND_DISPLAY are empty): " + withoutDisplay)
	}
	return fmt.Errorf("the display (DISPLAY=%q, WAYLAND_DISPLAY=%q) cannot be opened; see that it runs and that you may use it, or %s",
		x11, wayland, withoutDisplay)
}

const withoutDisplay = "start posthoused, the proxy without a window"
