package desktop

import (
	"errors"
	"strings"
	"syscall"

	"golang.org/x/sys/windows/registry"
)

const (
	runKey      = `Software\Microsoft\Windows\CurrentVersion\Run`
	approvedKey = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
	runName     = "Posthouse"
)

// autostartEnabled looks also at the switch of the Task Manager: a first byte
// that is odd means off.
func autostartEnabled() (bool, error) {
	k, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = k.Close() }()
	if _, _, err := k.GetStringValue(runName); err != nil {
		if errors.Is(err, registry.ErrNotExist) {
			err = nil
		}
		return false, err
	}
	approved, err := registry.OpenKey(registry.CURRENT_USER, approvedKey, registry.QUERY_VALUE)
	if err != nil {
		return true, nil
	}
	defer func() { _ = approved.Close() }()
	b, _, err := approved.GetBinaryValue(runName)
	return err != nil || len(b) == 0 || b[0]&1 == 0, nil
}

func writeAutostart(program string, args []string) error {
	words := []string{syscall.EscapeArg(program)}
	for _, arg := range args {
		words = append(words, syscall.EscapeArg(arg))
	}
	k, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer func() { _ = k.Close() }()
	if err := k.SetStringValue(runName, strings.Join(words, " ")); err != nil {
		return err
	}
	return deleteValue(approvedKey)
}

func removeAutostart() error {
	return errors.Join(deleteValue(runKey), deleteValue(approvedKey))
}

func deleteValue(path string) error {
	k, err := registry.OpenKey(registry.CURRENT_USER, path, registry.SET_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = k.Close() }()
	if err := k.DeleteValue(runName); err != nil && !errors.Is(err, registry.ErrNotExist) {
		return err
	}
	return nil
}
