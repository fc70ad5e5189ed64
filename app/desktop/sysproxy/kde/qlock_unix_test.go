//go:build unix

package kde

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestKDEsLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kioslaverc")
	release, err := takeQLock(path)
	if err != nil {
		t.Fatal(err)
	}
	free := make(chan func())
	go func() {
		release, err := takeQLock(path)
		if err != nil {
			t.Error(err)
		}
		free <- release
	}()
	select {
	case <-free:
		t.Fatal("two hold it")
	case <-time.After(50 * time.Millisecond):
	}
	release()
	(<-free)()
	host, _ := os.Hostname()
	for name, text := range map[string]string{"dead": "999999999\nx\n" + host + "\n"} {
		if err := os.WriteFile(path+".lock", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		release, err := takeQLock(path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		release()
	}
}
