package main

import (
	"errors"
	"strings"
)

// everything is what linters look at here.
var everything = []string{"./...", "./.ci/check", "./.ci/house", "./.ci/pack"}

// otherSystems are those of which linters look at what differs there.
var otherSystems = []struct{ name, arch string }{{"windows", "amd64"}, {"darwin", "arm64"}}

func (r *runner) vet() {
	vet := func(env []string, tags string, of ...string) error {
		_, err := r.goCommand(env, append([]string{"vet", "-buildvcs=false", "-tags", tags}, of...)...)
		return err
	}
	r.check("vet without a graphics library", func() error { return vet(nil, tagsLinted, everything...) })
	elsewhere := func(env []string, of ...string) error {
		tool, flag, err := vetTool(r)
		if err != nil {
			return err
		}
		return vet(append(tool, env...), tagsScreenless, append([]string{flag}, of...)...)
	}
	for _, s := range otherSystems {
		env := on(s.name, s.arch)
		r.check("vet for "+s.name, func() error {
			names, err := r.differing(env)
			if err != nil || len(names) == 0 {
				return err
			}
			return elsewhere(env, names...)
		})
	}
	// A graphics library that is compiled for one more system to vet a few lines costs minutes.
	r.check("vet for windows of what draws", func() error {
		env := on("windows", "amd64")
		sets, err := r.drawing(env)
		for _, files := range sets {
			err = errors.Join(err, elsewhere(env, files...))
		}
		return err
	})
}

func (r *runner) staticcheck() {
	tool, err := r.goCommand(nil, "tool", "-n", "staticcheck")
	lines := strings.Split(strings.TrimSpace(tool), "\n")
	tool = lines[len(lines)-1] // the first time it tells what it downloads
	lint := func(env []string, tags string, of ...string) error {
		if err != nil {
			return err
		}
		_, err := r.build(env, tool, append([]string{"-tags", tags}, of...)...)
		return err
	}
	r.check("staticcheck without a graphics library", func() error { return lint(nil, tagsLinted, everything...) })
	for _, s := range otherSystems {
		env := on(s.name, s.arch)
		r.check("staticcheck for "+s.name, func() error {
			names, err := r.differing(env)
			if err != nil || len(names) == 0 {
				return err
			}
			return lint(env, tagsScreenless, names...)
		})
	}
}

// differing are those packages of what builds without a C compiler that differ on another
// system.
func (r *runner) differing(env []string) ([]string, error) {
	here, err := r.listing(nil, tagsLinted, everything...)
	if err != nil {
		return nil, err
	}
	there, err := r.listing(env, tagsScreenless, withoutCgo...)
	if err != nil {
		return nil, err
	}
	return differing(here, there)
}

// drawing are the files of the other packages, which draw, that are read on another system
// only, by package.
func (r *runner) drawing(env []string) ([][]string, error) {
	here, err := r.listing(nil, tagsLinted, everything...)
	if err != nil {
		return nil, err
	}
	there, err := r.listing(env, tagsScreenless, "./ui/...", "./cmd/posthouse/...")
	if err != nil {
		return nil, err
	}
	var sets [][]string
	for name, p := range there {
		if files := filesOnlyThere(here[name], p); len(files) > 0 {
			sets = append(sets, files)
		}
	}
	return sets, nil
}
