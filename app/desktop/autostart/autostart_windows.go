package autostart

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows/registry"
)

const (
	runKey      = `Software\Microsoft\Windows\CurrentVersion\Run`
	approvedKey = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
)

// enabled looks also at the switch of the Task Manager: a first byte
// that is odd means off.
func (e Entry) enabled() (bool, error) {
	k, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = k.Close() }()
	if _, _, err := k.GetStringValue(e.Name); err != nil {
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
	b, _, err := approved.GetBinaryValue(e.Name)
	return err != nil || len(b) == 0 || b[0]&1 == 0, nil
}

func (e Entry) write(program string) error {
	words := []string{syscall.EscapeArg(program)}
	for _, arg := range e.Args {
		words = append(words, syscall.EscapeArg(arg))
	}
	line, err := runLine(words)
	if err != nil {
		return err
	}
	k, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer func() { _ = k.Close() }()
	if err := k.SetStringValue(e.Name, line); err != nil {
		return err
	}
	return deleteValue(approvedKey, e.Name)
}

func (e Entry) remove() error {
	return errors.Join(deleteValue(runKey, e.Name), deleteValue(approvedKey, e.Name))
}

func deleteValue(path, name string) error {
	k, err := registry.OpenKey(registry.CURRENT_USER, path, registry.SET_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = k.Close() }()
	if err := k.DeleteValue(name); err != nil && !errors.Is(err, registry.ErrNotExist) {
		return err
	}
	return nil
}
