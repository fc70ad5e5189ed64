package filetypes

import (
	"errors"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

const (
	classesKey = `Software\Classes\`
	chosenKey  = `Software\Microsoft\Windows\CurrentVersion\Explorer\FileExts\`
)

var changeNotify = windows.NewLazySystemDLL("shell32.dll").NewProc("SHChangeNotify")

// user is the registry as this user has it.
type user struct{}

// Registered returns the entry of this program; ok is false where the system has no such list.
func Registered() (e Entry, ok bool) { return Entry{}, true }

func system() classes { return user{} }

// Class looks at the user's first by itself: Wine's HKEY_CLASSES_ROOT has not all of it.
func (user) Class(key, name string) (string, error) {
	own, err := text(registry.CURRENT_USER, classesKey+key, name)
	if err != nil || own != "" {
		return own, err
	}
	return text(registry.CLASSES_ROOT, key, name)
}

func (user) Chosen(ext string) (string, error) {
	return text(registry.CURRENT_USER, chosenKey+ext+`\UserChoice`, "ProgId")
}

// text reads a value; what is no text counts as none.
func text(root registry.Key, path, name string) (string, error) {
	k, err := registry.OpenKey(root, path, registry.QUERY_VALUE)
	if err != nil {
		return "", missing(err)
	}
	defer func() { _ = k.Close() }()
	text, _, err := k.GetStringValue(name)
	if errors.Is(err, registry.ErrUnexpectedType) {
		return "", nil
	}
	return text, missing(err)
}

// missing is an error, but for that of what is not there.
func missing(err error) error {
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	return err
}

func (user) Set(key, name, value string) error {
	k, _, err := registry.CreateKey(registry.CURRENT_USER, classesKey+key, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer func() { _ = k.Close() }()
	return k.SetStringValue(name, value)
}

func (user) Unset(key, name string) error {
	k, err := registry.OpenKey(registry.CURRENT_USER, classesKey+key, registry.SET_VALUE)
	if err != nil {
		return missing(err)
	}
	err = missing(k.DeleteValue(name))
	_ = k.Close()
	for err == nil && key != "" {
		var empty bool
		if empty, err = isEmpty(key); !empty {
			break
		}
		err = missing(registry.DeleteKey(registry.CURRENT_USER, classesKey+key))
		key = key[:max(0, strings.LastIndexByte(key, '\\'))]
	}
	return err
}

// isEmpty reports whether a key of the user's has neither values nor keys.
func isEmpty(key string) (bool, error) {
	k, err := registry.OpenKey(registry.CURRENT_USER, classesKey+key, registry.QUERY_VALUE|registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return false, missing(err)
	}
	defer func() { _ = k.Close() }()
	info, err := k.Stat()
	return err == nil && info.SubKeyCount == 0 && info.ValueCount == 0, err
}

func (user) Changed() {
	const associations = 0x08000000 // SHCNE_ASSOCCHANGED
	_, _, _ = changeNotify.Call(associations, 0, 0, 0)
}
