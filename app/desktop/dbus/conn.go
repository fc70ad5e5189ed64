package dbus

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

// ErrNoBus: this session has no message bus.
var ErrNoBus = errors.New("this session has no message bus")

// connectLimit bounds how long a bus may take to let us in.
const connectLimit = 2 * time.Second

// Connect opens a connection to the session's bus; the caller closes it.
func Connect() (*dbus.Conn, error) {
	address := Address()
	if address == "" {
		return nil, ErrNoBus
	}
	ctx, cancel := context.WithCancel(context.Background()) // that of the connection: it ends with it
	late := time.AfterFunc(connectLimit, cancel)
	defer late.Stop()
	conn, err := dbus.Dial(address, dbus.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if err != nil {
		cancel()
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// An Object is what is asked, by the name of its service and its path.
type Object struct {
	Name string
	Path dbus.ObjectPath
}

// Call asks an object and waits for the answer until limit.
func (o Object) Call(conn *dbus.Conn, limit time.Duration, flags dbus.Flags, method string, args ...any) *dbus.Call {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return conn.Object(o.Name, o.Path).CallWithContext(ctx, method, flags, args...)
}

// Answered reports whether an error is the answer of a service, and not that the
// bus is gone or does not answer.
func Answered(err error) bool {
	var said dbus.Error
	return err == nil || errors.As(err, &said)
}

// Gone reports whether an error says that the bus cannot be spoken to.
func Gone(err error) bool {
	var network net.Error
	return errors.Is(err, dbus.ErrClosed) || errors.As(err, &network) || errors.Is(err, syscall.EPIPE)
}
