package app

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/bounded"
	"posthouse/proxy/flow"
)

// WindowState is how the window was left. It is no setting: a file that is
// damaged costs nothing but the window's size.
type WindowState struct {
	Width      float32       `json:"width"`  // in Fyne's device-independent pixels
	Height     float32       `json:"height"` // the same
	Columns    []ColumnState `json:"columns,omitempty"`
	Sort       string        `json:"sort,omitempty"` // a column's name, "" for the order of arrival
	Descending bool          `json:"descending,omitempty"`
	Split      float64       `json:"split"`                    // the list's share of the height over the details, 0 to 1
	Beside     bool          `json:"details_beside,omitempty"` // the details stand beside the list where there is room
	SplitSide  float64       `json:"split_beside"`             // the list's share of the width then
	Filter     string        `json:"filter,omitempty"`
	Mark       string        `json:"mark,omitempty"`   // the colour that a row was marked with last
	Folder     string        `json:"folder,omitempty"` // where a file was opened or saved last
	Follow     bool          `json:"follow"`
	Sidebar    SidebarState  `json:"sidebar"`

	// Whether what an opened browser, or a terminal, asks is decrypted.
	DecryptBrowser  bool `json:"decrypt_browser"`
	DecryptTerminal bool `json:"decrypt_terminal"`

	HideSecrets bool `json:"hide_secrets,omitempty"` // placeholders are shown in their place

	Compare CompareState `json:"compare"`

	FoldedRules []string `json:"folded_rules,omitempty"` // folders of rules that are folded

	Recent []string `json:"recent,omitempty"` // files that were opened last, the latest first

	Said []string `json:"said,omitempty"` // what is said once, and was
}

// CompareState is what comparisons pass over.
type CompareState struct {
	Fields []string `json:"fields,omitempty"` // names of header fields
	Paths  []string `json:"paths,omitempty"`  // of JSON, and names of parameters
}

// ColumnState is one column of the list.
type ColumnState struct {
	Name   string  `json:"name"`
	Width  float32 `json:"width"`
	Hidden bool    `json:"hidden,omitempty"`
}

// SidebarState is the list of hosts and apps beside the requests.
type SidebarState struct {
	Width   float32 `json:"width"` // in Fyne's device-independent pixels
	Hidden  bool    `json:"hidden,omitempty"`
	ByCount bool    `json:"by_count,omitempty"` // most requests first; else by name
}

// Bounds of what a window state may say.
const (
	minWindow     = 200
	maxWindow     = 10_000
	minColumn     = 16
	maxColumn     = 4000
	maxColumns    = 64
	minSidebar    = 100
	maxSidebar    = 1000
	maxFilter     = 4 << 10 // bytes
	maxFolder     = 4 << 10 // bytes
	maxSaid       = 100     // the oldest are forgotten, and would be said again
	maxRecent     = 10
	maxFolded     = 200
	maxCompared   = 200 // names or paths that comparisons pass over
	maxStateBytes = 256 << 10
)

// DefaultWindowState is a window that has not been moved yet.
func DefaultWindowState() WindowState {
	return WindowState{Width: 1180, Height: 700, Split: 0.55, SplitSide: 0.55, Follow: true, Sidebar: SidebarState{Width: 160},
		DecryptBrowser: true, Compare: CompareState{Fields: []string{"date", "age"}}}
}

// LoadWindowState reads a window state; whatever is missing or absurd has its default.
func LoadWindowState(path string) WindowState {
	w := DefaultWindowState()
	text, err := bounded.ReadFile(path, maxStateBytes)
	if err != nil || json.Unmarshal(text, &w) != nil {
		return DefaultWindowState()
	}
	return w.clamped()
}

func (w WindowState) clamped() WindowState {
	d := DefaultWindowState()
	if !inside(float64(w.Width), minWindow, maxWindow) || !inside(float64(w.Height), minWindow, maxWindow) {
		w.Width, w.Height = d.Width, d.Height
	}
	if len(w.Compare.Fields) > maxCompared || len(w.Compare.Paths) > maxCompared {
		w.Compare = d.Compare
	}
	if !inside(w.Split, 0.05, 0.95) {
		w.Split = d.Split
	}
	if !inside(w.SplitSide, 0.05, 0.95) {
		w.SplitSide = d.SplitSide
	}
	if len(w.Columns) > maxColumns {
		w.Columns = nil
	}
	for _, c := range w.Columns {
		if !inside(float64(c.Width), minColumn, maxColumn) {
			w.Columns = nil
			break
		}
	}
	if !inside(float64(w.Sidebar.Width), minSidebar, maxSidebar) {
		w.Sidebar.Width = d.Sidebar.Width
	}
	w.FoldedRules = w.FoldedRules[:min(len(w.FoldedRules), maxFolded)]
	if n := len(w.Said); n > maxSaid {
		w.Said = w.Said[n-maxSaid:]
	}
	w.Recent = slices.DeleteFunc(w.Recent, func(path string) bool { return !filepath.IsAbs(path) })
	w.Recent = w.Recent[:min(len(w.Recent), maxRecent)]
	if _, known := flow.ParseMark(w.Mark); !known {
		w.Mark = ""
	}
	if len(w.Filter) > maxFilter {
		w.Filter = ""
	}
	if len(w.Folder) > maxFolder || !filepath.IsAbs(w.Folder) {
		w.Folder = ""
	}
	return w
}

func inside(v, low, high float64) bool { return !math.IsNaN(v) && v >= low && v <= high }

// WindowFile writes states behind the window's back, which waits for no disk: of those that come while one is written the
// last is written next. All methods are safe for concurrent use.
type WindowFile struct {
	Path string // "": nothing is written

	mu   sync.Mutex
	next []byte        // to be written
	busy chan struct{} // closed when nothing is; nil: nothing is
	slow func()        // of tests, called before each write; nil: nothing is
}

// Save has a state be written soon. A window that is not remembered costs nothing but its size: no error is told.
func (f *WindowFile) Save(w WindowState) {
	text, err := json.MarshalIndent(w, "", "  ")
	if err != nil || f.Path == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = text
	if f.busy == nil {
		f.busy = make(chan struct{})
		go f.write()
	}
}

func (f *WindowFile) write() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.next != nil {
		text, slow := f.next, f.slow
		f.next = nil
		f.mu.Unlock()
		if slow != nil {
			slow()
		}
		if os.MkdirAll(filepath.Dir(f.Path), 0o700) == nil {
			_ = atomicfile.Write(f.Path, append(text, '\n'))
		}
		f.mu.Lock()
	}
	close(f.busy)
	f.busy = nil
}

// End waits until all is written, but for a disk no longer than diskEnd.
func (f *WindowFile) End() {
	f.mu.Lock()
	busy := f.busy
	f.mu.Unlock()
	if busy == nil {
		return
	}
	late := time.NewTimer(diskEnd)
	defer late.Stop()
	select {
	case <-busy:
	case <-late.C:
	}
}
