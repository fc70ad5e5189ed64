//go:build unix && !darwin

package filechooser

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	ours "posthouse/app/desktop/dbus"
)

// Where the portal is, and what it speaks: https://flatpak.github.io/xdg-desktop-portal/docs.
const (
	portalName  = "org.freedesktop.portal.Desktop"
	portalPath  = "/org/freedesktop/portal/desktop"
	chooserFace = "org.freedesktop.portal.FileChooser"
	requestFace = "org.freedesktop.portal.Request"
	// What shows the dialog is another service, whose name begins so.
	shower = "org.freedesktop.impl.portal."
)

// patience is how long the portal is waited for.
type patience struct {
	answer time.Duration // for each call, the first of which may start the portal
	shower time.Duration // from when on there has to be something that shows dialogs
	person time.Duration // what ends sooner was not ended by a person
}

func choose(ctx context.Context, r *Request) ([]string, error) {
	return ask(ctx, r, patience{answer: 2 * time.Second, shower: 2 * time.Second, person: 500 * time.Millisecond})
}

// ask has the portal ask. The connection is for this question alone: the portal takes the dialog
// away where it ends.
func ask(ctx context.Context, r *Request, p patience) ([]string, error) {
	conn, err := ours.Connect()
	if err != nil {
		return nil, ErrNone
	}
	defer func() { _ = conn.Close() }()
	q := &question{conn: conn, patience: p, signals: make(chan *dbus.Signal, 16)}
	conn.Signal(q.signals)
	if err := q.begin(r); err != nil {
		return nil, ErrNone
	}
	uris, err := q.wait(ctx)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(uris))
	for i, uri := range uris {
		if paths[i], err = pathOf(uri); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// question is one that is put to the portal.
type question struct {
	conn *dbus.Conn
	patience
	signals chan *dbus.Signal
	owner   string          // the connection that has the portal's name
	handle  dbus.ObjectPath // of the request
	begun   time.Time
}

var (
	portal = ours.Object{Name: portalName, Path: portalPath}
	bus    = ours.Object{Name: "org.freedesktop.DBus", Path: "/org/freedesktop/DBus"}
)

// begin puts the question. What answers it is listened for before that: the answer may come first.
func (q *question) begin(r *Request) error {
	// A portal without file dialogs says so here; one that does not answer is left alone.
	version := portal.Call(q.conn, q.answer, 0, "org.freedesktop.DBus.Properties.Get", chooserFace, "version")
	if version.Err != nil {
		return version.Err
	}
	if err := bus.Call(q.conn, q.answer, 0, "org.freedesktop.DBus.GetNameOwner", portalName).Store(&q.owner); err != nil {
		return err
	}
	token := "posthouse" + rand.Text()
	sender := strings.ReplaceAll(strings.TrimPrefix(q.conn.Names()[0], ":"), ".", "_")
	q.handle = dbus.ObjectPath(portalPath + "/request/" + sender + "/" + token)
	if err := q.listen(); err != nil {
		return err
	}
	name, options := method(r, token)
	var handle dbus.ObjectPath
	call := portal.Call(q.conn, q.answer, 0, chooserFace+"."+name, parent(r.Window), text(r.Title), options)
	if err := call.Store(&handle); err != nil {
		return err
	}
	if handle != q.handle { // as portals before 0.9 have it, which are of 2018
		return fmt.Errorf("the portal's request is %s", handle)
	}
	q.begun = time.Now()
	return nil
}

// listen asks for the answer, and for the end of the portal.
func (q *question) listen() error {
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchObjectPath(q.handle), dbus.WithMatchInterface(requestFace), dbus.WithMatchMember("Response")},
		{dbus.WithMatchObjectPath(bus.Path), dbus.WithMatchInterface(bus.Name), dbus.WithMatchMember("NameOwnerChanged"),
			dbus.WithMatchArg(0, portalName)},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), q.answer)
		err := q.conn.AddMatchSignalContext(ctx, match...)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// wait waits for the person.
func (q *question) wait(ctx context.Context) ([]string, error) {
	look := time.NewTimer(q.shower)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = q.conn.Object(portalName, q.handle).Call(requestFace+".Close", dbus.FlagNoReplyExpected).Err
			return nil, ctx.Err()
		case <-look.C:
			if !q.shows() {
				return nil, ErrNone
			}
		case s, ok := <-q.signals:
			switch {
			case !ok: // the bus is gone
				return nil, ErrNone
			case s.Name == "org.freedesktop.DBus.NameOwnerChanged" && s.Sender == bus.Name:
				return nil, ErrNone // whoever has the name now knows nothing of the question
			case s.Name == requestFace+".Response" && s.Path == q.handle && s.Sender == q.owner:
				return q.answered(s.Body)
			}
		}
	}
}

// shows reports whether anything shows dialogs for the portal, which waits for 25 seconds for one
// that does not start.
func (q *question) shows() bool {
	var names []string
	if err := bus.Call(q.conn, q.answer, 0, "org.freedesktop.DBus.ListNames").Store(&names); err != nil {
		return false
	}
	for _, name := range names {
		if strings.HasPrefix(name, shower) {
			return true
		}
	}
	return false
}

// answered are the URIs of an answer.
func (q *question) answered(body []any) ([]string, error) {
	if len(body) != 2 {
		return nil, ErrNone
	}
	status, isStatus := body[0].(uint32)
	results, isResults := body[1].(map[string]dbus.Variant)
	switch {
	case !isStatus || !isResults:
		return nil, ErrNone
	case status == 1, status != 0 && time.Since(q.begun) >= q.person:
		return nil, ErrLeft // some say 2, "ended in some other way", of a window that was closed
	case status != 0:
		return nil, ErrNone
	}
	uris, _ := results["uris"].Value().([]string)
	if len(uris) == 0 || len(uris) > maxPaths {
		return nil, ErrNone
	}
	return uris, nil
}

// pathOf is the path that a URI of a file names (RFC 8089). It is bytes: names need not be UTF-8.
func pathOf(uri string) (string, error) {
	rest, isFile := strings.CutPrefix(uri, "file://")
	rest = strings.TrimPrefix(rest, "localhost")
	if !isFile || !strings.HasPrefix(rest, "/") || strings.ContainsAny(rest, "?#") {
		return "", ErrElsewhere
	}
	path, err := url.PathUnescape(rest)
	if err != nil {
		return "", ErrElsewhere
	}
	return path, nil
}

// filter and rule are how the portal has a Kind: (sa(us)).
type filter struct {
	Name  string
	Rules []rule
}

type rule struct {
	Type    uint32 // 0: a pattern of the name
	Pattern string
}

// method is the method for a request, and its options.
func method(r *Request, token string) (string, map[string]dbus.Variant) {
	options := map[string]dbus.Variant{"handle_token": dbus.MakeVariant(token), "modal": dbus.MakeVariant(true)}
	if filters := filters(r.Kinds); len(filters) > 0 {
		options["filters"] = dbus.MakeVariant(filters)
	}
	if r.Folder != "" && !strings.ContainsRune(r.Folder, 0) {
		options["current_folder"] = dbus.MakeVariant(append([]byte(r.Folder), 0))
	}
	if !r.Save {
		options["multiple"] = dbus.MakeVariant(r.Several)
		return "OpenFile", options
	}
	if r.Name != "" {
		options["current_name"] = dbus.MakeVariant(text(r.Name))
	}
	return "SaveFile", options
}

func filters(kinds []Kind) []filter {
	var all []filter
	for _, k := range kinds {
		f := filter{Name: text(k.Name)}
		for _, e := range k.Extensions {
			f.Rules = append(f.Rules, rule{Pattern: "*." + e}, rule{Pattern: "*." + strings.ToUpper(e)})
		}
		if len(k.Extensions) == 0 {
			f.Rules = []rule{{Pattern: "*"}}
		}
		all = append(all, f)
	}
	return all
}

// text is one that the bus takes: it ends a connection on which other bytes come.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

// parent names the window that the dialog is for; it is known of X11 alone.
func parent(window uintptr) string {
	if window == 0 {
		return ""
	}
	return fmt.Sprintf("x11:%x", window)
}
