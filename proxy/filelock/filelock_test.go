package filelock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestOneHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "a.lock")
	if Held(path) {
		t.Error("held before anybody took it")
	}
	l, err := Try(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Try(path); !errors.Is(err, ErrHeld) || !Held(path) {
		t.Errorf("a second holder: %v", err)
	}
	taken := make(chan error)
	go func() {
		l, err := Take(context.Background(), path)
		l.Release()
		taken <- err
	}()
	l.Release()
	if err := <-taken; err != nil || Held(path) {
		t.Errorf("after the release: %v", err)
	}
}

func TestTakeEndsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.lock")
	l, err := Try(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := Take(ctx, path); !errors.Is(err, ErrHeld) {
		t.Error(err)
	}
}

func TestReadOnlyFileIsLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.lock")
	if err := os.WriteFile(path, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	l, err := Try(path)
	if err != nil {
		t.Fatal(err)
	}
	l.Release()
}

func TestFolderHasOneHolder(t *testing.T) {
	dir := t.TempDir()
	l, err := TakeFolder(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := TakeFolder(ctx, dir); !errors.Is(err, ErrHeld) {
		t.Errorf("a second holder: %v", err)
	}
	l.Release()
	if l, err = TakeFolder(context.Background(), dir); err != nil {
		t.Errorf("after the release: %v", err)
	}
	l.Release()
	if _, err := TakeFolder(context.Background(), filepath.Join(dir, "none")); err == nil && runtime.GOOS != "windows" {
		t.Error("a folder that is not there was locked")
	}
}
