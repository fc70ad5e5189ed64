package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// vetVariable names Go's own vet for this program when go vet runs it in vet's place.
const vetVariable = "POSTHOUSE_VET"

// vetTool is what go vet runs for another system. Vet reads all that a package imports for facts,
// such as which functions format what they are given. That is most of its time, to learn from
// other people's code for each system what it learned for this one: there it reads this
// module's code alone.
func vetTool(r *runner) (env []string, flag string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	vet, err := r.goCommand(nil, "tool", "-n", "vet")
	return []string{vetVariable + "=" + strings.TrimSpace(vet)}, "-vettool=" + self, err
}

// vetInstead answers go vet in the place of a vet.
func vetInstead(vet string, args []string) (code int) {
	if err := runVet(vet, args); err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return exit.ExitCode()
		}
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	return 0
}

func runVet(vet string, args []string) error {
	if last := len(args) - 1; last >= 0 && filepath.Base(args[last]) == "vet.cfg" {
		if skipped, err := skipFacts(args[last]); skipped || err != nil {
			return err
		}
	}
	cmd := exec.Command(vet, args...)
	cmd.Stderr = os.Stderr
	if !slices.Contains(args, "-V=full") {
		cmd.Stdout = os.Stdout
		return cmd.Run()
	}
	// What it finds out is cached under its version: apart from what vet finds out.
	version, err := cmd.Output()
	if err == nil {
		fmt.Println(strings.TrimSpace(string(version)) + " own-facts")
	}
	return err
}

// skipFacts has a package of another module, of which go vet wants facts alone, tell none.
func skipFacts(config string) (bool, error) {
	content, err := os.ReadFile(config)
	if err != nil {
		return false, err
	}
	var of struct {
		ModulePath, VetxOutput string
		VetxOnly               bool
	}
	if err := json.Unmarshal(content, &of); err != nil {
		return false, fmt.Errorf("%s: %w", config, err)
	}
	if !of.VetxOnly || of.ModulePath == "posthouse" {
		return false, nil
	}
	return true, os.WriteFile(of.VetxOutput, nil, 0o666)
}
