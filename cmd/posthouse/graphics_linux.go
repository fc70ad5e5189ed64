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

// The driver that draws by the processor is in one file with those of most graphics processors, or loaded with
// what is loaded first.
static void *load_graphics(void *unused) {
	void *mesa = dlopen("libGLX_mesa.so.0", RTLD_NOW | RTLD_LOCAL);
	void *there = mesa ? dlsym(mesa, "__glx_Main") : NULL;
	Dl_info at;
	char path[4096];
	if (there == NULL || !dladdr(there, &at)) {
		return NULL;
	}
	const char *name = strrchr(at.dli_fname, '/');
	if (name != NULL && name - at.dli_fname < 4000) {
		snprintf(path, sizeof path, "%.*s/dri/swrast_dri.so", (int)(name - at.dli_fname), at.dli_fname);
		dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	return unused;
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

#ifdef __GLIBC__ // whose constructors have the arguments
// It is called before Go is there. The thread gets no signals: Go does not know it.
__attribute__((constructor)) static void load_early(int argc, char **argv) {
	if (!shows_window(argc, argv) || access("/proc/driver/nvidia/version", F_OK) == 0) {
		return;
	}
	sigset_t all, before;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, load_graphics, NULL) == 0) {
		pthread_setname_np(thread, "graphics");
		pthread_detach(thread);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
#endif
*/
import "C"

// The graphics driver, which brings a compiler of a hundred megabytes, is loaded beside the start of Go. Who loads
// it when the window is made waits for it, a tenth of the start; and libraries are loaded one after the other, so
// that it has to be there before the toolkit loads its own. Where another driver draws, a little memory is spent.
