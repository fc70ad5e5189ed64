package history

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/ncruces/go-sqlite3"

	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

// index is rows.sqlite: where each row's record lies, and its values in columns that any
// SQLite tool reads. It is derived: what is wrong with it, is made again from the segments.
type index struct {
	path string

	mu       sync.Mutex // one connection, one user at a time
	db       *sqlite3.Conn
	stmts    map[string]*sqlite3.Stmt
	contexts contextCache
	debt     debt    // what it is told later
	files    []int64 // bytes of the file and its -wal; nil where something may have changed them
}

const (
	indexFile    = "rows.sqlite"
	indexVersion = 1
)

// schema: one context for many rows keeps a row small. Times are nanoseconds.
const schema = `
CREATE TABLE contexts (
	id INTEGER PRIMARY KEY, method TEXT, scheme TEXT, host TEXT, content_type TEXT, protocol TEXT, program TEXT,
	upstream TEXT, packed BLOB NOT NULL);
CREATE TABLE rows (
	id INTEGER PRIMARY KEY, context INTEGER NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL, nth INTEGER NOT NULL,
	started INTEGER, duration INTEGER, status INTEGER, path TEXT, request_size INTEGER, response_size INTEGER,
	failure TEXT, mark TEXT, star INTEGER, note TEXT, packed BLOB);
CREATE INDEX marked ON rows (id) WHERE mark IS NOT NULL OR star IS NOT NULL OR note IS NOT NULL;
CREATE TABLE segments (
	number INTEGER PRIMARY KEY, indexed INTEGER NOT NULL, rows INTEGER NOT NULL, first INTEGER, last INTEGER, oldest INTEGER,
	newest INTEGER);
CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER);
CREATE VIEW exchanges AS SELECT
	r.id, strftime('%Y-%m-%dT%H:%M:%f', r.started / 1e9, 'unixepoch') AS started, r.duration / 1e6 AS milliseconds,
	c.method, c.scheme, c.host, r.path, r.status, c.content_type, r.request_size, r.response_size, r.failure,
	c.protocol, c.program, c.upstream, r.mark, r.star, r.note
	FROM rows r JOIN contexts c ON c.id = r.context;
PRAGMA user_version = 1;`

// openIndex opens the index, made anew where it is missing or damaged.
func openIndex(folder string) (*index, error) {
	x := &index{path: filepath.Join(folder, indexFile), debt: debt{grew: signal.NewSlot()}}
	err := x.open()
	var later *LaterError
	if err == nil || errors.As(err, &later) {
		return x, err
	}
	return x, x.renew()
}

// checkIndexVersion looks at the head of the file: SQLite would write to it.
func checkIndexVersion(folder string) error {
	path := filepath.Join(folder, indexFile)
	f, err := openRegular(path)
	if err != nil {
		return nil // said by what opens it to write
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 100)
	if _, err := io.ReadFull(f, head); err != nil || string(head[:16]) != "SQLite format 3\x00" {
		return nil // it is made anew
	}
	if version := binary.BigEndian.Uint32(head[60:]); version > indexVersion && version < 1<<16 {
		return &LaterError{File: path, Version: int(version)}
	}
	return nil
}

// openDatabase is sqlite3.Open, which panics where the system does not give it the memory
// that it wants to reserve: the history cannot be had then, and everything else can.
func openDatabase(path string) (db *sqlite3.Conn, err error) {
	defer func() {
		if why := recover(); why != nil {
			db, err = nil, fmt.Errorf("the database cannot be opened: %v", why)
		}
	}()
	return sqlite3.Open(path)
}

func (x *index) open() (err error) {
	x.files = nil
	x.stmts = map[string]*sqlite3.Stmt{}
	x.contexts.reset()
	// SQLite would make the file with other rights.
	for _, suffix := range [...]string{"", "-wal"} {
		f, err := os.OpenFile(x.path+suffix, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		if err = f.Close(); err != nil {
			return err
		}
	}
	if x.db, err = openDatabase(x.path); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = x.db.Close()
			x.db = nil
		}
	}()
	// Rows come at the end of a table: pages of 8 KiB, instead of 4, halve the calls of the system for them.
	err = x.db.Exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL;
		PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;
		PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;
		PRAGMA secure_delete = ON`)
	if err != nil {
		return err
	}
	if err = x.boundLog(); err != nil {
		return err
	}
	version, err := x.integer(`PRAGMA user_version`)
	switch {
	case err != nil:
		return err
	case version > indexVersion: // as only the -wal says
		return &LaterError{File: x.path, Version: int(version)}
	case version == indexVersion:
		_, err = x.integer(`SELECT count(*) FROM segments, state`)
		return err
	}
	if err = x.db.Exec("BEGIN IMMEDIATE;" + schema + "COMMIT"); err != nil {
		return err
	}
	// For a new database SQLite has made this one anew.
	return os.Chmod(x.path+"-wal", 0o600)
}

// maxLog is up to how many bytes SQLite's log grows until it is taken over into the file.
const maxLog = 4 << 20

// boundLog has SQLite keep to that, whatever the size of the file's pages.
func (x *index) boundLog() error {
	page, err := x.integer(`PRAGMA page_size`)
	if err != nil {
		return err
	}
	return x.db.Exec(fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", maxLog/max(page, 512)))
}

// renew begins the index anew.
func (x *index) renew() error {
	x.closeDB()
	for _, suffix := range indexSuffixes {
		if err := os.Remove(x.path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return x.open()
}

func (x *index) closeDB() {
	x.files = nil
	if x.db == nil {
		return
	}
	for _, s := range x.stmts {
		_ = s.Close()
	}
	_ = x.db.Close() // a checkpoint that fails is made at the next opening
	x.db, x.stmts = nil, nil
}

func (x *index) close() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closeDB()
}

var errClosed = errors.New("the history is closed")

// stmt is a prepared statement, reset. It needs mu.
func (x *index) stmt(sql string) (*sqlite3.Stmt, error) {
	if x.db == nil {
		return nil, errClosed
	}
	if s := x.stmts[sql]; s != nil {
		return s, nil
	}
	s, _, err := x.db.Prepare(sql)
	if err != nil {
		return nil, err
	}
	x.stmts[sql] = s
	return s, nil
}

// bind binds values: int64, string, []byte or nil.
func bind(s *sqlite3.Stmt, values ...any) (err error) {
	for i, v := range values {
		switch v := v.(type) {
		case int64:
			err = s.BindInt64(i+1, v)
		case int:
			err = s.BindInt64(i+1, int64(v))
		case flow.ID:
			err = s.BindInt64(i+1, int64(v))
		case uint64:
			err = s.BindInt64(i+1, int64(v))
		case string:
			err = s.BindText(i+1, v)
		case []byte:
			err = s.BindBlob(i+1, v)
		case nil:
			err = s.BindNull(i + 1)
		default:
			err = fmt.Errorf("a value of type %T", v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// query runs a statement and calls visit for each row of its answer. It needs mu.
func (x *index) query(sql string, visit func(*sqlite3.Stmt) error, values ...any) error {
	s, err := x.stmt(sql)
	if err != nil {
		return err
	}
	defer func() { _ = s.Reset() }()
	if err = bind(s, values...); err != nil {
		return err
	}
	for s.Step() {
		if visit == nil {
			continue
		}
		if err := visit(s); err != nil {
			return err
		}
	}
	return s.Err()
}

func (x *index) exec(sql string, values ...any) error { return x.query(sql, nil, values...) }

// integer is the first value of an answer, 0 for none.
func (x *index) integer(sql string, values ...any) (n int64, err error) {
	err = x.query(sql, func(s *sqlite3.Stmt) error {
		n = s.ColumnInt64(0)
		return nil
	}, values...)
	return n, err
}

// change runs one transaction.
func (x *index) change(do func() error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.changing(do)
}

// changing is change for who has mu.
func (x *index) changing(do func() error) error {
	if x.db == nil {
		return errClosed
	}
	defer func() { x.files = nil }()
	if err := x.db.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		err = x.db.Exec("COMMIT")
	}
	if err != nil {
		if !x.db.GetAutocommit() {
			_ = x.db.Exec("ROLLBACK")
		}
		x.contexts.reset() // those that were made are no more; others get their numbers
	}
	return err
}

// size is the bytes on the disk.
func (x *index) size() int64 {
	file, log := x.sizes()
	return file + log
}

// logSize is the bytes of what is not yet taken over into the file.
func (x *index) logSize() int64 {
	_, log := x.sizes()
	return log
}

// sizes are looked up when something was changed: who writes one block after the other asks for each.
func (x *index) sizes() (file, log int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.files == nil {
		x.files = make([]int64, 2)
		for i, suffix := range [...]string{"", "-wal"} {
			if info, err := os.Stat(x.path + suffix); err == nil {
				x.files[i] = info.Size()
			}
		}
	}
	return x.files[0], x.files[1]
}

// isDamage reports whether an error says that the file is not what was written.
func isDamage(err error) bool {
	return errors.Is(err, sqlite3.CORRUPT) || errors.Is(err, sqlite3.NOTADB) || errors.Is(err, errRecord) ||
		errors.Is(err, sqlite3.IOERR) && errors.Is(err, sqlite3.IOERR_SHORT_READ)
}
