package filetypes

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"posthouse/app/desktop/autostart"
)

// fake is a registry: values by "key|name".
type fake struct {
	user, computer map[string]string
	chosen         string
	told           int
	full           int // writes that succeed; -1: all do
	deaf           error
}

func newFake() *fake {
	return &fake{user: map[string]string{}, computer: map[string]string{}, full: -1}
}

func (f *fake) Class(key, name string) (string, error) {
	at := key + "|" + name
	if value, ok := f.user[at]; ok {
		return value, f.deaf
	}
	return f.computer[at], f.deaf
}

func (f *fake) Chosen(ext string) (string, error) {
	if ext != ".posthouse" {
		return "", errors.New("nobody asks for " + ext)
	}
	return f.chosen, f.deaf
}

var errFull = errors.New("the registry is full")

func (f *fake) Set(key, name, value string) error {
	if f.full == 0 {
		return errFull
	}
	f.full--
	f.user[key+"|"+name] = value
	return nil
}

func (f *fake) Unset(key, name string) error {
	delete(f.user, key+"|"+name)
	return nil
}

func (f *fake) Changed() { f.told++ }

const program = `C:\Program Files\100% Post\posthouse.exe`

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustBe(t *testing.T, e Entry, want bool) {
	t.Helper()
	if on, err := e.Enabled(); on != want || err != nil {
		t.Fatalf("enabled %v, %v; want %v", on, err, want)
	}
}

// What is written is all that Windows reads, quoted, and nothing of it is left.
func TestTheEntryComesAndGoes(t *testing.T) {
	f := newFake()
	f.user[".har|"], f.computer[".saz|"] = "Other.Har", "Fiddler.ArchiveZip"
	before := maps.Clone(f.user)
	e := Entry{Program: program, classes: f}
	mustBe(t, e, false)
	must(t, e.Follow()) // what is off stays off
	if !maps.Equal(f.user, before) || f.told != 0 {
		t.Errorf("something was written unasked: %v", f.user)
	}
	must(t, e.Enable())
	mustBe(t, e, true)
	const open = `"C:\Program Files\100%% Post\posthouse.exe" "%1"`
	for at, want := range map[string]string{
		".posthouse|":                           "Posthouse.Session",
		".posthouse|Content Type":               "application/vnd.posthouse.session",
		`Posthouse.Session\shell\open\command|`: open, `Posthouse.Exchanges\shell\open\command|`: open,
		`Posthouse.Session\DefaultIcon|`: `"` + program + `",1`, ".har|": "Other.Har"} {
		if f.user[at] != want {
			t.Errorf("%s is %q, want %q", at, f.user[at], want)
		}
	}
	for _, at := range []string{`.posthouse\OpenWithProgids|Posthouse.Session`, `.har\OpenWithProgids|Posthouse.Exchanges`,
		`.saz\OpenWithProgids|Posthouse.Exchanges`} {
		if _, ok := f.user[at]; !ok {
			t.Errorf("%s is not there", at)
		}
	}
	if _, ok := f.user[".saz|"]; ok {
		t.Error("Fiddler's files were taken from it")
	}
	if f.told != 1 {
		t.Errorf("Windows was told %d times", f.told)
	}
	must(t, e.Follow())
	if f.told != 1 {
		t.Error("what was as it should be was written again")
	}
	must(t, e.Disable())
	must(t, e.Disable())
	mustBe(t, e, false)
	if !maps.Equal(f.user, before) {
		t.Errorf("left are %v", slices.Sorted(maps.Keys(f.user)))
	}
}

func TestTheEntryFollowsTheProgram(t *testing.T) {
	f := newFake()
	must(t, Entry{Program: program, classes: f}.Enable())
	moved := Entry{Program: `D:\posthouse.exe`, classes: f}
	must(t, moved.Follow())
	mustBe(t, moved, true)
	for at, value := range f.user {
		if strings.Contains(value, "C:") {
			t.Errorf("%s is still %s", at, value)
		}
	}
}

// What another program has, or a person chose, stays, and it is said what that is.
func TestWhatIsAnothersStays(t *testing.T) {
	for name, c := range map[string]struct {
		chosen, user, computer string
		by                     string // "": it may be written
	}{
		"nobody's":              {},
		"chosen":                {chosen: "Notes.File", by: "Notes.File"},
		"chosen by its program": {chosen: `Applications\notes.exe`, by: `Applications\notes.exe`},
		"chosen, and is ours":   {chosen: `Applications\Posthouse.exe`},
		"another's":             {user: "Notes.File", by: "Notes.File"},
		"another's, for all":    {computer: "Notes.File", by: "Notes.File"},
		"ours already":          {user: "Posthouse.Session", chosen: "Posthouse.Session"},
	} {
		f := newFake()
		f.chosen = c.chosen
		if c.user != "" {
			f.user[".posthouse|"] = c.user
		}
		if c.computer != "" {
			f.computer[".posthouse|"] = c.computer
		}
		before := maps.Clone(f.user)
		e := Entry{Program: program, classes: f}
		err := e.Enable()
		var taken *TakenError
		switch {
		case c.by == "":
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			mustBe(t, e, true)
		case !errors.As(err, &taken) || taken.By != c.by || !strings.Contains(err.Error(), c.by):
			t.Errorf("%s: %v", name, err)
		case !maps.Equal(f.user, before):
			t.Errorf("%s: %v was written", name, f.user)
		}
	}
}

// Whoever takes the files over later has them: the entry is not in force, and what it wrote goes without theirs.
func TestWhoTakesOverHasThem(t *testing.T) {
	f := newFake()
	e := Entry{Program: program, classes: f}
	must(t, e.Enable())
	f.chosen = "Notes.File"
	mustBe(t, e, false)
	f.chosen = ""
	f.user[".posthouse|"], f.user[".posthouse|Content Type"] = "Notes.File", "text/notes"
	mustBe(t, e, false)
	must(t, e.Disable())
	if want := map[string]string{".posthouse|": "Notes.File", ".posthouse|Content Type": "text/notes"}; !maps.Equal(f.user, want) {
		t.Errorf("left are %v", f.user)
	}
}

func TestHalfAnEntryIsNone(t *testing.T) {
	for n := range len(values("")) {
		f := newFake()
		f.full = n
		e := Entry{Program: program, classes: f}
		if err := e.Enable(); !errors.Is(err, errFull) || len(f.user) != 0 {
			t.Errorf("after %d values: %v, %v", n, err, f.user)
		}
		mustBe(t, e, false)
	}
	f := newFake()
	f.deaf = errors.New("not readable")
	e := Entry{Program: program, classes: f}
	_, err := e.Enabled()
	for _, err := range []error{err, e.Enable(), e.Follow(), e.Disable()} {
		if !errors.Is(err, f.deaf) {
			t.Error(err)
		}
	}
}

func TestAProgramThatDoesNotStayIsNotEntered(t *testing.T) {
	var unfit *autostart.UnfitError
	if err := (Entry{Program: filepath.Join(t.TempDir(), "go-build1", "posthouse")}).Unfit(); !errors.As(err, &unfit) {
		t.Error(err)
	}
}
