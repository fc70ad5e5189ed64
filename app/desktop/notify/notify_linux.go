package notify

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	serviceName = "org.freedesktop.Notifications"
	servicePath = "/org/freedesktop/Notifications"
)

const (
	// answerLimit bounds how long the service may take for one call; it may have
	// to be started by the bus.
	answerLimit = 3 * time.Second
	// closeLimit is the same while the program ends.
	closeLimit = 500 * time.Millisecond
)

// event is a signal of the service.
type event = *dbus.Signal

// freedesktop is a client of the notification service.
type freedesktop struct {
	o       Options
	conn    *dbus.Conn // nil until it is needed, and after it was lost
	signals chan *dbus.Signal
	shown   map[string]uint32 // topic to the service's number
	markup  bool              // the service reads markup in bodies
	actions bool              // it tells of clicks
}

func newService(o Options) service { return &freedesktop{o: o, shown: map[string]uint32{}} }

func (f *freedesktop) events() <-chan event { return f.signals }

// connect opens a connection of its own: the toolkit closes the shared one. With no
// address known it does not look further: the library would start a bus of its own.
func (f *freedesktop) connect() bool {
	if f.conn != nil && f.conn.Connected() {
		return true
	}
	f.drop()
	address := busAddress()
	if address == "" {
		return false
	}
	conn, err := dbus.Connect(address)
	if err != nil {
		return false
	}
	f.conn, f.signals, f.shown = conn, make(chan *dbus.Signal, maxWaiting), map[string]uint32{}
	conn.Signal(f.signals)
	for _, member := range []string{"ActionInvoked", "NotificationClosed"} {
		_ = conn.AddMatchSignal(dbus.WithMatchInterface(serviceName), dbus.WithMatchMember(member), dbus.WithMatchObjectPath(servicePath)) // without it a click does nothing
	}
	var has []string
	if call := f.call(answerLimit, "GetCapabilities"); call.Store(&has) != nil {
		f.drop() // nobody shows notes; it may come later
		return false
	}
	f.markup, f.actions = false, false
	for _, c := range has {
		f.markup = f.markup || c == "body-markup"
		f.actions = f.actions || c == "actions"
	}
	return true
}

// busAddress is where the session's bus is said to be, "" for nowhere.
func busAddress() string {
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return address
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return ""
	}
	if _, err := os.Stat(dir + "/bus"); err != nil {
		return ""
	}
	return "unix:path=" + dir + "/bus"
}

func (f *freedesktop) call(limit time.Duration, method string, args ...any) *dbus.Call {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return f.conn.Object(serviceName, servicePath).CallWithContext(ctx, serviceName+"."+method, 0, args...)
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
	hints := map[string]dbus.Variant{"desktop-entry": dbus.MakeVariant(f.o.Desktop), "urgency": dbus.MakeVariant(byte(1))}
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

// handle takes a click, or that a note is not shown any more.
func (f *freedesktop) handle(e event) {
	if e == nil { // the connection is lost
		f.drop()
		return
	}
	if len(e.Body) < 2 || e.Path != servicePath {
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
