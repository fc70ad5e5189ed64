package groups

import (
	"encoding/json"
	"errors"
	"path/filepath"

	"github.com/adrg/xdg"

	"posthouse/app/compose"
	"posthouse/app/repeat"
)

// Path is where groups are kept: groups.json beside the requests of compose.
func Path() string { return filepath.Join(xdg.StateHome, "posthouse", "groups.json") }

// maxFile bounds the file: the groups, and what is around them.
const maxFile = MaxKept + 4<<10

// Kept is what the file holds.
type Kept struct {
	Groups   []*Group
	Selected int
}

// The form of the file.
type fileForm struct {
	Version  int               `json:"version"`
	Selected int               `json:"selected"`
	Groups   []json.RawMessage `json:"groups"`
}

type groupForm struct {
	Name     string     `json:"name,omitempty"`
	Times    int        `json:"times"`
	GoOn     bool       `json:"go_on,omitempty"`
	NewConns bool       `json:"new_connections,omitempty"`
	Steps    []stepForm `json:"steps"`
}

type stepForm struct {
	Draft *compose.Draft `json:"request"`
	Takes []takeForm     `json:"takes,omitempty"`
}

type takeForm struct {
	Name string        `json:"name"`
	From repeat.Origin `json:"from"`
	At   string        `json:"at"`
}

// Save keeps groups: at most MaxGroups, of MaxKept in all. left are the names of those for
// which there was no room; they are not in the file.
func Save(path string, k *Kept) (left []string, err error) {
	form := fileForm{Version: 1, Selected: k.Selected, Groups: []json.RawMessage{}}
	room := MaxKept
	for i, g := range k.Groups {
		text, err := json.Marshal(formOf(g))
		if err != nil {
			return left, err
		}
		if len(form.Groups) == MaxGroups || len(text)+1 > room {
			left = append(left, g.Title())
			if i < k.Selected {
				form.Selected--
			}
			continue
		}
		room -= len(text) + 1
		form.Groups = append(form.Groups, text)
	}
	return left, compose.WriteKept(path, &form)
}

var errForm = errors.New("this is no file of groups")

// Load reads what was kept. A file that cannot be read is set aside, and the error is a
// *compose.DamagedError; where there is none, there are no groups.
func Load(path string) (*Kept, error) {
	k := &Kept{}
	err := compose.ReadKept(path, maxFile, func(text []byte) (err error) {
		k, err = decode(text)
		return err
	})
	if err != nil {
		return &Kept{}, err
	}
	return k, nil
}

// decode reads the text of a file.
func decode(text []byte) (*Kept, error) {
	var form fileForm
	if err := json.Unmarshal(text, &form); err != nil {
		return nil, err
	}
	if form.Version != 1 || len(form.Groups) > MaxGroups {
		return nil, errForm
	}
	k := &Kept{Selected: form.Selected}
	for i := range form.Groups {
		var one groupForm
		if err := json.Unmarshal(form.Groups[i], &one); err != nil {
			return nil, err
		}
		g, err := one.group()
		if err != nil {
			return nil, err
		}
		k.Groups = append(k.Groups, g)
	}
	if k.Selected < 0 || k.Selected >= len(k.Groups) {
		k.Selected = 0
	}
	return k, nil
}

func formOf(g *Group) groupForm {
	f := groupForm{Name: g.Name, Times: g.Times, GoOn: g.GoOn, NewConns: g.NewConns, Steps: []stepForm{}}
	for _, s := range g.Steps {
		step := stepForm{Draft: s.Draft}
		for _, t := range s.Takes {
			step.Takes = append(step.Takes, takeForm(t))
		}
		f.Steps = append(f.Steps, step)
	}
	return f
}

func (f *groupForm) group() (*Group, error) {
	if len(f.Steps) > MaxSteps {
		return nil, errForm
	}
	g := &Group{Name: f.Name[:min(len(f.Name), MaxName)], Times: min(max(f.Times, 1), repeat.MaxTimes), GoOn: f.GoOn, NewConns: f.NewConns}
	for _, s := range f.Steps {
		if s.Draft == nil || len(s.Takes) > repeat.MaxTakes {
			return nil, errForm
		}
		step := &Step{Draft: s.Draft}
		for _, t := range s.Takes {
			t.From = min(t.From, repeat.FromCookie)
			step.Takes = append(step.Takes, repeat.Take(t))
		}
		g.Steps = append(g.Steps, step)
	}
	return g, nil
}
