package sysproxy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"posthouse/app/desktop/atomicfile"
	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/proxy/bounded"
	"posthouse/proxy/reason"
)

const (
	journalVersion = 1
	maxJournal     = 8 << 20 // bytes; larger ones are not ours
)

// journalNames: the journal lies on disk twice, so that damage to one file does
// not lose a person's settings.
var journalNames = [...]string{"system-proxy.journal", "system-proxy.journal.copy"}

// journal is what must be known to put everything back.
type journal struct {
	Owner    string            `json:"owner"` // a random word of the Manager that wrote it
	PID      int               `json:"pid"`
	Time     time.Time         `json:"time"`
	Addr     string            `json:"addr"` // where Posthouse listened
	Sections []backend.Section `json:"sections"`
}

// sealed is the journal on disk: its sum tells a whole one from a piece.
type sealed struct {
	Version int             `json:"version"`
	SHA256  string          `json:"sha256"` // of the bytes of body
	Body    json.RawMessage `json:"body"`
}

var errDamaged = error(reason.New(reason.JournalDamaged))

// writeJournal returns when the journal is on the disk, or leaves none.
func writeJournal(dir string, j *journal) error {
	body, err := json.Marshal(j)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	text, err := json.Marshal(sealed{journalVersion, hex.EncodeToString(sum[:]), body})
	if err != nil {
		return err
	}
	for _, name := range journalNames {
		if err := atomicfile.Write(filepath.Join(dir, name), text); err != nil {
			return errors.Join(err, removeJournal(dir))
		}
	}
	if err := syncDir(dir); err != nil {
		return errors.Join(err, removeJournal(dir))
	}
	return nil
}

// readJournal returns fs.ErrNotExist where there is none, and errDamaged where
// what there is cannot be used.
func readJournal(dir string) (*journal, error) {
	var errs []error
	for _, name := range journalNames {
		j, err := readOne(filepath.Join(dir, name))
		if err == nil {
			return j, nil
		}
		errs = append(errs, err)
	}
	for _, err := range errs {
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return nil, errs[0]
}

func readOne(path string) (*journal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := bounded.Read(f, maxJournal)
	if errors.Is(err, bounded.ErrTooLarge) {
		return nil, errDamaged
	}
	if err != nil {
		return nil, err
	}
	return unseal(text)
}

func unseal(text []byte) (*journal, error) {
	var s sealed
	if json.Unmarshal(text, &s) != nil {
		return nil, errDamaged
	}
	if s.Version != journalVersion {
		return nil, &reason.Error{Why: reason.JournalVersion.With(s.Version), Err: errDamaged}
	}
	sum := sha256.Sum256(s.Body)
	if hex.EncodeToString(sum[:]) != s.SHA256 {
		return nil, errDamaged
	}
	j := &journal{}
	if err := json.Unmarshal(s.Body, j); err != nil {
		return nil, errDamaged
	}
	return j, nil
}

// removeJournal removes the copy last: until then either serves.
func removeJournal(dir string) error {
	var errs []error
	for _, name := range journalNames {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// setAside moves a damaged journal away, so that it can be looked at.
func setAside(dir string) (string, error) {
	aside := filepath.Join(dir, journalNames[0]+".bad")
	var errs []error
	for i, name := range journalNames {
		to := aside
		if i > 0 {
			to = fmt.Sprintf("%s-%d", aside, i)
		}
		if err := os.Rename(filepath.Join(dir, name), to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return aside, errors.Join(errs...)
}

func hasJournal(dir string) bool {
	for _, name := range journalNames {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}
