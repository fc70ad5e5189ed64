package repeat

import (
	"bytes"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/reason"
)

// Bounds of values.
const (
	MaxRows    = 10_000
	MaxColumns = 100
	MaxCSV     = 16 << 20 // bytes
)

// Values are those of a CSV file: the first line names them.
type Values struct {
	Names []string
	Rows  [][]string
}

// ParseValues reads a CSV file. The error, a reason, says what is wrong with it.
func ParseValues(r io.Reader) (*Values, error) {
	all, err := io.ReadAll(io.LimitReader(r, MaxCSV+1))
	if err != nil {
		return nil, err
	}
	if len(all) > MaxCSV {
		return nil, reason.New(reason.ValuesLarge, strconv.Itoa(MaxCSV))
	}
	read := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(all, []byte("\xef\xbb\xbf"))))
	names, err := read.Read()
	if err != nil {
		return nil, wrong(err)
	}
	if len(names) > MaxColumns {
		return nil, reason.New(reason.ValuesMany, strconv.Itoa(MaxRows), strconv.Itoa(MaxColumns))
	}
	v := &Values{Names: names}
	for i := range v.Names {
		v.Names[i] = strings.TrimSpace(v.Names[i])
	}
	for {
		row, err := read.Read()
		if errors.Is(err, io.EOF) {
			return v, nil
		}
		if err != nil {
			return nil, wrong(err)
		}
		if len(v.Rows) == MaxRows {
			return nil, reason.New(reason.ValuesMany, strconv.Itoa(MaxRows), strconv.Itoa(MaxColumns))
		}
		v.Rows = append(v.Rows, row)
	}
}

func wrong(err error) error {
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		return reason.New(reason.ValuesLine, strconv.Itoa(bad.Line))
	}
	return reason.New(reason.ValuesNone)
}

// lookup finds the value of a name; ok is false where there is none, and the text stays.
type lookup func(name string) (value string, ok bool)

// of is what the n-th request is filled with, from 1.
func (v *Values) of(n int) lookup {
	at := time.Now().UTC()
	return func(name string) (string, bool) {
		switch name {
		case "n":
			return strconv.Itoa(n), true
		case "uuid":
			return uuid(), true
		case "time":
			return at.Format("2006-01-02T15:04:05.000Z"), true
		}
		if v == nil || len(v.Rows) == 0 {
			return "", false
		}
		row := v.Rows[(n-1)%len(v.Rows)]
		for i, column := range v.Names {
			if column == name && i < len(row) {
				return row[i], true
			}
		}
		return "", false
	}
}

// uuid is a random one (RFC 9562 section 5.4).
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
