package rules

import "time"

// Rule is one rule as its file has it. What is zero is not asked for.
type Rule struct {
	Name   string `toml:"name,omitempty"`
	Folder string `toml:"folder,omitempty"` // where the window shows it
	Off    bool   `toml:"off,omitempty"`
	When   string `toml:"when,omitempty"` // the condition, a filter; "" is every request
	Last   bool   `toml:"last,omitempty"` // where it applies, no rule behind it does

	Answer   *Answer   `toml:"answer,omitempty,inline"`
	Block    string    `toml:"block,omitempty"` // one of Blocks
	Fail     string    `toml:"fail,omitempty"`  // "10%": to that share of requests alone, of a rule that answers or blocks
	Send     *Send     `toml:"send,omitempty,inline"`
	Resolve  string    `toml:"resolve,omitempty"` // what is dialled in place of the host: a name or an address, and maybe a port
	Delay    *Delay    `toml:"delay,omitempty,inline"`
	Throttle *Throttle `toml:"throttle,omitempty,inline"`
	Request  *Edit     `toml:"request,omitempty,inline"`
	Response *Edit     `toml:"response,omitempty,inline"`
	NoCache  bool      `toml:"no_cache,omitempty"`       // nothing is taken from a cache, and nothing is kept in one
	Plain    bool      `toml:"no_compression,omitempty"` // the origin is asked for no content coding
	CORS     bool      `toml:"cors,omitempty"`           // pages of any origin may ask, and read what comes
	Note     string    `toml:"note,omitempty"`
	Mark     string    `toml:"mark,omitempty"`    // a colour
	Break    string    `toml:"break,omitempty"`   // one of Breaks: it waits for a person
	Record   *bool     `toml:"record,omitempty"`  // false: the row is left without contents
	Decrypt  *bool     `toml:"decrypt,omitempty"` // whether a tunnel is opened, whatever the settings say
}

// Answer is what is answered in place of the origin, which is not contacted.
type Answer struct {
	Status  int      `toml:"status,omitempty"` // 200 if 0
	Text    string   `toml:"text,omitempty"`
	File    string   `toml:"file,omitempty"`    // relative to the folder of the rules' file
	Folder  string   `toml:"folder,omitempty"`  // likewise; the path of the request says which of its files
	Under   string   `toml:"under,omitempty"`   // the path that stands for Folder; "": all paths
	Message string   `toml:"message,omitempty"` // a file with a whole response of HTTP/1
	Type    string   `toml:"type,omitempty"`    // Content-Type; "": by the file's name, else text/plain
	Fields  []string `toml:"fields,omitempty"`
	Missing string   `toml:"missing,omitempty"` // MissingPass or MissingError: where there is nothing to answer with; "": MissingPass
}

// Delay is how long something waits. A piece of a body is what comes with one read of HTTP/1, or in
// one DATA frame of HTTP/2.
type Delay struct {
	Request  Duration `toml:"request,omitempty"`  // before the request goes on
	Response Duration `toml:"response,omitempty"` // before the response goes on
	Piece    Duration `toml:"piece,omitempty"`    // before each piece of a body goes on, of both
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

// unitless reports whether a time is so short that its unit must have been forgotten.
func unitless(d time.Duration) bool { return 0 < d && d < time.Millisecond }

// Edit is how a message is changed: its head, in this order: Remove, Replace, Set, Add; and its body.
type Edit struct {
	Status  int       `toml:"status,omitempty"` // of a response
	Method  string    `toml:"method,omitempty"` // of a request
	Remove  []string  `toml:"remove,omitempty"` // names of fields
	Replace []Replace `toml:"replace,omitempty"`
	Set     []string  `toml:"set,omitempty"`   // "Name: value", in the place of the first of that name, or behind all
	Add     []string  `toml:"add,omitempty"`   // "Name: value", behind all
	Query   *Pairs    `toml:"query,omitempty"` // of a request
	Cookies *Pairs    `toml:"cookies,omitempty"`
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
