package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"posthouse/.ci/house"
)

type step struct {
	name, what string
	run        func(*runner)
	lane       lane     // beside which others it may run
	after      []string // those that must have ended, when they run at all
}

var steps []step

func init() {
	steps = []step{
		{name: "format", what: "gofmt", run: (*runner).format},
		{name: "house", what: "the house rules: imports run one way, sizes of files, types, functions and lines",
			run: (*runner).house},
		{name: "app", what: "the app builds (its graphics library, for the first time, takes a minute)",
			run: (*runner).app, lane: compiling},
		{name: "vet", what: "go vet, on every system Posthouse is built for", run: (*runner).vet, lane: compiling},
		{name: "cross", what: "builds for other systems", run: (*runner).cross, lane: compiling},
		{name: "staticcheck", what: "staticcheck", run: (*runner).staticcheck, lane: compiling},
		{name: "tidy", what: "go.mod and go.sum are tidy", run: (*runner).tidy},
		{name: "vulnerabilities", what: "govulncheck", run: (*runner).vulnerabilities, lane: compiling},
		{name: "packages", what: "the packages: built twice, looked into, the .deb installed, used and removed",
			run: (*runner).packages, lane: compiling},
		{name: "unit", what: "unit tests and fuzz seeds, with the race detector where anything runs beside another", run: (*runner).unit},
		{name: "ui", what: "the ui's tests, drawn without a screen", run: (*runner).ui},
		{name: "clients", what: "real clients through posthoused, and as origins see them",
			run: (*runner).clients},
		{name: "endings", what: "the system proxy is as it was after every ending (docs/reliability.md)",
			run: (*runner).endings, lane: waiting, after: []string{"unit"}}, // which wait for clocks, too
		// The graphics library is built by then: two that want it would each build it. And
		// what endings limit in time has no second desktop beside it.
		{name: "window", what: "the app in a real window, for Windows under Wine where that is",
			run: (*runner).window, after: []string{"app", "endings"}},
	}
}

// The tags of the three ways in which the code is looked at. No build of the
// graphics library is made with other flags than these: each would cost minutes. And
// all is built with cgo, as the app is: what has no C then is compiled for all three.
const (
	tagsScreenless = "ci,migrated_fynedo"  // the ui without a graphics library
	tagsApp        = "migrated_fynedo"     // what make run builds
	tagsWindow     = "migrated_fynedo,e2e" // the same with the tests in a real window

	// No file of ours but the font's differs with the graphics library: linters, which
	// know what they import only after looking at all of it, need not do so twice.
	tagsLinted = "ci,migrated_fynedo,e2e"
)

// withoutCgo is what builds for every system without a C compiler for it. On
// macOS the tray needs one, and with it all of ui.
var withoutCgo = []string{"./app/...", "./proxy/...", "./cmd/posthoused/..."}

func on(system, arch string) []string {
	return append([]string{"CGO_ENABLED=0", "GOOS=" + system, "GOARCH=" + arch}, unrun(system)...)
}

// noDebugger is in .ci/build-flags for all that flags of their own replace it for.
const noDebugger = "-dwarf=false"

// unrun has the compiler leave out what makes programs fast, where nobody runs what is built
// here for another system: it says as much about the code in a third of the time.
func unrun(system string) []string {
	if system == runtime.GOOS {
		return nil
	}
	if _, err := exec.LookPath("wine"); err == nil && system == "windows" {
		return nil
	}
	return []string{"GOFLAGS=" + strings.TrimPrefix(os.Getenv("GOFLAGS")+" '-gcflags=all="+noDebugger+" -N -l'", " ")}
}

func (r *runner) format() {
	r.check("gofmt", func() error {
		root, err := r.goCommand(nil, "env", "GOROOT")
		if err != nil {
			return err
		}
		out, err := r.command(nil, filepath.Join(strings.TrimSpace(root), "bin", "gofmt"), "-l", ".")
		if err == nil && out != "" {
			err = errors.New("not formatted (run: make fmt):\n" + out)
		}
		return err
	})
}

// house tells each rule as its own check.
func (r *runner) house() {
	problems, err := house.Check(".")
	for _, rule := range house.Rules {
		r.check(rule, func() error {
			if err == nil && len(problems[rule]) > 0 {
				return errors.New(strings.Join(problems[rule], "\n"))
			}
			return err
		})
	}
}

func (r *runner) app() {
	if r.runs("cross") { // the C code of each takes one core for minutes
		r.ahead.Go(func() { _ = r.appForWindows() })
	}
	r.check("posthouse", func() error {
		_, err := r.goCommand(nil, "build", "-buildvcs=false", "-tags", tagsApp, "-ldflags", "-s -w", "-o", os.DevNull, "./cmd/posthouse")
		return err
	})
}

func (r *runner) tidy() {
	r.check("go mod tidy", func() error {
		_, err := r.goCommand(nil, "mod", "tidy", "-diff")
		return err
	})
}

// Packages that are tested in their own step.
var ownSteps = []string{"posthouse/ui", "posthouse/cmd/posthouse", "posthouse/cmd/posthoused/clients", "posthouse/proxy/faithful/clients",
	"posthouse/app/desktop/endtoend"}

// unraced is what reads and writes megabytes of memory that one caller has to itself, which
// the race detector would follow one by one: machine code that was translated to Go, compression,
// pictures, expressions, texts for the clipboard. A history that opens took five times the
// processor time with that. What calls them is followed. None of them may have a sync.Map, or
// an atomic.Pointer to anything of ours: the linker keeps one copy of generic code, and where it is
// theirs, what others guard with it looks raced.
var unraced = []string{"github.com/ncruces/go-sqlite3-wasm/...", "github.com/klauspost/compress/...",
	"github.com/andybalholm/brotli/...", "posthouse/proxy/export",
	"compress/...", "image/...", "golang.org/x/image/...", "regexp/..."}

func (r *runner) unit() {
	all, err := r.listing(nil, tagsScreenless, everything...)
	var racing, sequential []string
	if err == nil {
		maps.DeleteFunc(all, func(name string, _ *listed) bool { return within(name, ownSteps) })
		racing, sequential, err = raced(all)
	}
	if err != nil {
		r.check("go list", func() error { return err })
		return
	}
	// Most of these tests wait for sockets, clocks and programs: one package more than there
	// are processors keeps these busy.
	args := []string{"-race", "-p", strconv.Itoa(runtime.GOMAXPROCS(0) + 1)}
	for _, name := range unraced {
		args = append(args, "-gcflags="+name+"="+noDebugger+" -race=false")
	}
	r.compiled([]string{"CGO_ENABLED=1"}, append(args, racing...)...)
	r.compiled(nil, sequential...)
	r.goTest([]string{"CGO_ENABLED=1"}, append(args, racing...)...)
	r.goTest(nil, sequential...)
}

// compiled compiles packages and their tests ahead, in more memory than tests should have. What
// does not compile is told by go test, which says whose it is.
func (r *runner) compiled(env []string, args ...string) {
	_, _ = r.goCommand(env, append([]string{"list", "-export", "-test", "-e", "-buildvcs=false"}, args...)...)
}

func within(name string, trees []string) bool {
	for _, tree := range trees {
		if name == tree || strings.HasPrefix(name, tree+"/") {
			return true
		}
	}
	return false
}

// ui compares pictures. With UPDATE_PICTURES, those that differ become the ones
// to compare with; the run that finds them still fails.
func (r *runner) ui() {
	r.compiled(nil, "-tags", tagsScreenless, "./ui/...", "./cmd/posthouse")
	// What the toolkit (2.8.1) makes for widgets lives for a minute from the picture before: tests that
	// draw none for as long have the next one's boxes and icons taken away before it is drawn.
	r.goTest([]string{"FYNE_CACHE=1h"}, "-tags", tagsScreenless, "./ui/...")
	r.goTest(nil, "-tags", tagsScreenless, "./cmd/posthouse")
	if os.Getenv("UPDATE_PICTURES") == "" {
		return
	}
	for _, name := range differingPictures("ui") {
		r.check("take over "+name, func() error {
			return os.Rename(name, filepath.Join(filepath.Dir(filepath.Dir(name)), filepath.Base(name)))
		})
	}
}

// differingPictures are those that Fyne's tests left in the testdata/failed of any
// package of a tree.
func differingPictures(tree string) (names []string) {
	_ = filepath.WalkDir(tree, func(name string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasSuffix(filepath.ToSlash(name), "/testdata/failed") {
			pictures, _ := filepath.Glob(filepath.Join(name, "*.png"))
			names = append(names, pictures...)
		}
		return nil
	})
	return names
}

func (r *runner) cross() {
	// One processor a system, for which vet has compiled the library already: releases
	// build for the others too.
	for _, target := range [][2]string{{"linux", "amd64"}, {"windows", "amd64"}, {"darwin", "arm64"}} {
		r.check(fmt.Sprintf("posthoused for %s/%s", target[0], target[1]), func() error {
			_, err := r.goCommand(on(target[0], target[1]), "build", "-buildvcs=false", "-ldflags", "-s -w", "-o", os.DevNull,
				"./cmd/posthoused")
			return err
		})
	}
	r.check("posthouse for windows/amd64", r.appForWindows)
}

func (r *runner) buildForWindows() error {
	const compiler = "x86_64-w64-mingw32-gcc"
	if runtime.GOOS != "linux" {
		return skip("cross building is tested on Linux")
	}
	if _, err := exec.LookPath(compiler); err != nil {
		return missing(compiler + " is missing (Debian: gcc-mingw-w64-x86-64)")
	}
	env := append([]string{"CGO_ENABLED=1", "GOOS=windows", "GOARCH=amd64", "CC=" + compiler}, unrun("windows")...)
	_, err := r.goCommand(env, "build", "-buildvcs=false", "-tags", tagsApp, "-ldflags", "-s -w -H=windowsgui",
		"-o", os.DevNull, "./cmd/posthouse")
	return err
}

// The tests of what is built while they run are never taken from the cache, which
// does not know of the programs' sources.
func (r *runner) clients() {
	r.goTest(nil, "-count=1", "-timeout", "10m", "./cmd/posthoused/clients", "./proxy/faithful/clients")
}

func (r *runner) endings() {
	r.goTest(nil, "-count=1", "-timeout", "15m", "./app/desktop/endtoend")
}

func (r *runner) window() {
	if runtime.GOOS != "linux" {
		r.check("the app in a real window", func() error { return skip("the test desktop is made of X11 and D-Bus, on Linux") })
		return
	}
	r.goTest(nil, "-count=1", "-tags", tagsWindow, "-timeout", "25m", "./cmd/posthouse/e2e")
}
