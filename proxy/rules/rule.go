package rules

import "time"

// Rule is one rule as its file has it. What is zero is not asked for.
type Rule struct {
	Name   string `toml:"name,omitempty"`
	Folder string `toml:"folder,omitempty"` // where the window shows it
	Off    bool   `toml:"off,omitempty"`
	When   string `toml:"when,omitempty"` // the condition, a filter; "" is every request
	Last   bool   `toml:"last,omitempty"` // where it applies, no rule behind it does

	Answer   *Answer `toml:"answer,omitempty"`
	Block    string  `toml:"block,omitempty"` // one of Blocks
	Delay    *Delay  `toml:"delay,omitempty"`
	Request  *Edit   `toml:"request,omitempty"`
	Response *Edit   `toml:"response,omitempty"`
	NoCache  bool    `toml:"no_cache,omitempty"`       // nothing is taken from a cache, and nothing is kept in one
	Plain    bool    `toml:"no_compression,omitempty"` // the origin is asked for no content coding
	Note     string  `toml:"note,omitempty"`
	Mark     string  `toml:"mark,omitempty"`  // a colour
	Break    string  `toml:"break,omitempty"` // one of Breaks: it waits for a person
	Record   *bool   `toml:"record,omitempty"`
}

// Answer is what is answered in place of the origin, which is not contacted.
type Answer struct {
	Status int      `toml:"status,omitempty"` // 200 if 0
	Text   string   `toml:"text,omitempty"`
	File   string   `toml:"file,omitempty"` // relative to the folder of the rules' file
	Type   string   `toml:"type,omitempty"` // Content-Type; "": by the file's name, else text/plain
	Fields []string `toml:"fields,omitempty"`
}

// Delay is how long something waits.
type Delay struct {
	Request  Duration `toml:"request,omitempty"`  // before the request goes on
	Response Duration `toml:"response,omitempty"` // before the response goes on
}

// Duration is a length of time, written as "500ms".
type Duration time.Duration

// MarshalText writes it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// Edit is how a message is changed: its head, in this order: Remove, Replace, Set, Add; and its body.
type Edit struct {
	Status  int       `toml:"status,omitempty"` // of a response
	Remove  []string  `toml:"remove,omitempty"` // names of fields
	Replace []Replace `toml:"replace,omitempty"`
	Set     []string  `toml:"set,omitempty"` // "Name: value", in the place of the first of that name, or behind all
	Add     []string  `toml:"add,omitempty"` // "Name: value", behind all
	Body    *Body     `toml:"body,omitempty"`
}

// Replace changes a part of a field's value.
type Replace struct {
	Field string `toml:"field"`
	Find  string `toml:"find"` // a text, or a regular expression (RE2) between slashes
	With  string `toml:"with"` // what comes in its place; $1 is a group of a regular expression
}

// Blocks are the ways to block.
const (
	BlockReset  = "reset" // the connection, or the stream, is reset
	BlockClose  = "close" // the connection is closed without an answer; a stream is cancelled
	BlockForbid = "403"   // a short page says that a rule forbids it
	BlockHang   = "hang"  // nothing is answered until the client leaves
)

// Bounds of what a file may hold.
const (
	MaxRules      = 10_000
	MaxFile       = 16 << 20 // bytes
	MaxText       = 1 << 20  // bytes of Answer.Text
	MaxAnswerFile = 64 << 20 // bytes
	MaxDelay      = 10 * time.Minute
	maxEdits      = 100
)
