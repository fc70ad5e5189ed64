package notify

import (
	"strings"
	"time"

	godbus "github.com/godbus/dbus/v5"

	"posthouse/app/desktop/dbus"
)

// daemon shows notes (Desktop Notifications Specification).
var daemon = dbus.Object{Name: "org.freedesktop.Notifications", Path: "/org/freedesktop/Notifications"}

const (
	// answerLimit bounds how long the service may take for one call; it may have
	// to be started by the bus.
	answerLimit = 3 * time.Second
	// closeLimit is the same while the program ends.
	closeLimit = 500 * time.Millisecond
)

// event is a signal of the service.
type event = *godbus.Signal

// freedesktop is a client of the notification service.
type freedesktop struct {
	o       Options
	conn    *godbus.Conn // nil until it is needed, and after it was lost
	signals chan *godbus.Signal
	shown   map[string]uint32 // topic to the service's number
	markup  bool              // the service reads markup in bodies
	actions bool              // it tells of clicks
}

func newService(o Options) service { return &freedesktop{o: o, shown: map[string]uint32{}} }

func (f *freedesktop) events() <-chan event { return f.signals }

// connect connects to the bus and to the service, where that was not done.
func (f *freedesktop) connect() bool {
	if f.conn != nil && f.conn.Connected() {
		return true
	}
	f.drop()
	conn, err := dbus.Connect()
	if err != nil {
		return false
	}
	f.conn, f.signals, f.shown = conn, make(chan *godbus.Signal, maxWaiting), map[string]uint32{}
	conn.Signal(f.signals)
	for _, member := range []string{"ActionInvoked", "NotificationClosed"} {
		// without it a click does nothing
		_ = conn.AddMatchSignal(godbus.WithMatchInterface(daemon.Name), godbus.WithMatchMember(member),
			godbus.WithMatchObjectPath(daemon.Path))
	}
	var has []string
	if call := f.call(answerLimit, "GetCapabilities"); call.Store(&has) != nil {
		f.drop() // no service shows notes; one may come later
		return false
	}
	f.markup, f.actions = false, false
	for _, c := range has {
		f.markup = f.markup || c == "body-markup"
		f.actions = f.actions || c == "actions"
	}
	return true
}

func (f *freedesktop) call(limit time.Duration, method string, args ...any) *godbus.Call {
	return daemon.Call(f.conn, limit, 0, daemon.Name+"."+method, args...)
}

func (f *freedesktop) show(n Note) {
	if !f.connect() {
		return
	}
	expire := int32(-1) // the service decides
	if n.Expire > 0 {
		expire = int32(min(n.Expire, time.Hour).Milliseconds())
	}
	body := n.Body
	if f.markup {
		body = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(body)
	}
	actions := []string{}
	if f.actions && f.o.Clicked != nil {
		actions = []string{"default", ""}
	}
	hints := map[string]godbus.Variant{"desktop-entry": godbus.MakeVariant(f.o.Desktop), "urgency": godbus.MakeVariant(byte(1))}
	var number uint32
	call := f.call(answerLimit, "Notify", f.o.AppName, f.shown[n.Topic], f.o.Desktop, n.Title, body, actions, hints, expire)
	if call.Store(&number) == nil {
		f.shown[n.Topic] = number
	}
}

func (f *freedesktop) withdraw(topic string) { f.take(topic, answerLimit) }

func (f *freedesktop) take(topic string, limit time.Duration) {
	number, ok := f.shown[topic]
	if !ok || f.conn == nil {
		return
	}
	delete(f.shown, topic)
	_ = f.call(limit, "CloseNotification", number).Err // it may have gone by itself
}

// handle takes a click, or that a note is no longer shown.
func (f *freedesktop) handle(e event) {
	if e == nil { // the connection is lost
		f.drop()
		return
	}
	if len(e.Body) < 2 || e.Path != daemon.Path {
		return
	}
	number, ok := e.Body[0].(uint32)
	if !ok {
		return
	}
	for topic, n := range f.shown {
		if n != number {
			continue
		}
		switch {
		case strings.HasSuffix(e.Name, ".NotificationClosed"):
			delete(f.shown, topic)
		case strings.HasSuffix(e.Name, ".ActionInvoked") && f.o.Clicked != nil:
			f.o.Clicked(topic)
		}
	}
}

func (f *freedesktop) drop() {
	if f.conn != nil {
		_ = f.conn.Close()
	}
	f.conn, f.signals, f.shown = nil, nil, map[string]uint32{}
}

func (f *freedesktop) close() {
	for topic := range f.shown {
		f.take(topic, closeLimit)
	}
	f.drop()
}
