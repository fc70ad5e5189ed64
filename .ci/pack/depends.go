package main

import (
	"debug/elf"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// packages say which Debian package has a shared library.
var packages = map[string]string{
	"libGL.so.1": "libgl1", "libX11.so.6": "libx11-6", "libXcursor.so.1": "libxcursor1", "libXrandr.so.2": "libxrandr2",
	"libXi.so.6": "libxi6", "libXinerama.so.1": "libxinerama1", "libXxf86vm.so.1": "libxxf86vm1", "libXext.so.6": "libxext6",
	"libwayland-client.so.0": "libwayland-client0", "libwayland-cursor.so.0": "libwayland-cursor0",
	"libwayland-egl.so.1": "libwayland-egl1",
	"libxkbcommon.so.0":   "libxkbcommon0", "libEGL.so.1": "libegl1",
}

// glibc has these; which version of it is needed, its symbols tell.
var glibc = []string{"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2", "ld-linux-x86-64.so.2",
	"ld-linux-aarch64.so.1"}

// loaded are what the window's library opens while it runs, without being linked to it.
var loaded = []string{"libx11-6", "libxcursor1", "libxrandr2", "libxi6", "libxinerama1", "libxxf86vm1", "libxext6", "libgl1", "libegl1",
	"libwayland-client0", "libwayland-cursor0", "libwayland-egl1", "libxkbcommon0"}

// printDepends prints what a package of these programs depends on.
func printDepends(programs []string) error {
	needs := map[string]bool{}
	var newest [2]int
	for _, program := range programs {
		if err := addDepends(program, needs, &newest); err != nil {
			return fmt.Errorf("%s: %w", program, err)
		}
	}
	if len(needs) > 0 {
		for _, name := range loaded {
			needs[name] = true
		}
	}
	list := []string{fmt.Sprintf("libc6 (>= %d.%d)", newest[0], newest[1])}
	fmt.Println(strings.Join(append(list, slices.Sorted(maps.Keys(needs))...), ", "))
	return nil
}

func addDepends(program string, needs map[string]bool, newest *[2]int) error {
	f, err := elf.Open(program)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	libraries, err := f.ImportedLibraries()
	if err != nil {
		return nil // linked to none
	}
	for _, l := range libraries {
		name, known := packages[l]
		switch {
		case known:
			needs[name] = true
		case !slices.Contains(glibc, l):
			return fmt.Errorf("it needs %s, and no package is known for that: add it to packages", l)
		}
	}
	symbols, err := f.ImportedSymbols()
	if err != nil {
		return err
	}
	for _, s := range symbols {
		if v, ok := strings.CutPrefix(s.Version, "GLIBC_"); ok {
			major, minor, _ := strings.Cut(v, ".")
			a, _ := strconv.Atoi(major)
			b, _ := strconv.Atoi(strings.SplitN(minor, ".", 2)[0])
			if n := [2]int{a, b}; slices.Compare(n[:], newest[:]) > 0 {
				*newest = n
			}
		}
	}
	return nil
}
