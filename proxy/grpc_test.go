package proxy_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"posthouse/proxy/flow"
)

// grpcThrough is a connection to a gRPC server through a proxy that decrypts.
func grpcThrough(t *testing.T, register func(*grpc.Server)) (*opener, *grpc.ClientConn) {
	t.Helper()
	o := openAll(t, nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(o.server())))
	register(server)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	dial := func(ctx context.Context, addr string) (net.Conn, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", o.Addr())
		if err != nil {
			return nil, err
		}
		_, _ = fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", addr, addr)
		answer := make([]byte, len("HTTP/1.1 200 Connection Established\r\n\r\n"))
		_, err = io.ReadFull(c, answer)
		return c, err
	}
	conn, err := grpc.NewClient("passthrough:///"+ln.Addr().String(), grpc.WithContextDialer(dial),
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: o.ca.Pool(), ServerName: "a.example"})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return o, conn
}

func TestGRPCUnaryCalls(t *testing.T) {
	o, conn := grpcThrough(t, func(s *grpc.Server) { grpc_health_v1.RegisterHealthServer(s, health.NewServer()) })
	client := grpc_health_v1.NewHealthClient(conn)
	got, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil || got.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("%v %v", got, err)
	}
	// This one fails immediately: its answer is a head alone.
	if _, err = client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "unknown"}); status.Code(err) != codes.NotFound {
		t.Errorf("error %v", err)
	}
	if x := o.Exchange(2); x.Path != "/grpc.health.v1.Health/Check" || x.ContentType != "application/grpc" ||
		x.Failure != flow.FailureNone || len(x.ResponseTrailer) == 0 {
		t.Errorf("%+v %q", x.Row, x.ResponseTrailer)
	}
	if x := o.Exchange(3); len(x.ResponseTrailer) != 0 || x.ResponseSize != 0 || x.Failure != flow.FailureNone {
		t.Errorf("%+v %q", x.Row, x.ResponseTrailer)
	}
}

// echo is a method that streams both ways; it ends with its own trailer.
func echo(_ any, stream grpc.ServerStream) error {
	for n := 0; ; n++ {
		var m wrapperspb.StringValue
		switch err := stream.RecvMsg(&m); {
		case err == io.EOF:
			stream.SetTrailer(metadata.Pairs("count", fmt.Sprint(n)))
			return nil
		case err != nil:
			return err
		}
		if err := stream.SendMsg(&m); err != nil {
			return err
		}
	}
}

var echoStream = grpc.StreamDesc{StreamName: "Echo", Handler: echo, ServerStreams: true, ClientStreams: true}

func TestGRPCStreams(t *testing.T) {
	service := grpc.ServiceDesc{ServiceName: "test.Echo", HandlerType: (*any)(nil), Streams: []grpc.StreamDesc{echoStream}}
	o, conn := grpcThrough(t, func(s *grpc.Server) { s.RegisterService(&service, nil) })
	echoesBothWays(t, o, conn, 2)
}

// echoesBothWays has messages go both ways in turns, with a trailer behind them, and then calls another call off, which
// ends at the server too. Their rows have the number of first, and the next one.
func echoesBothWays(t *testing.T, o *opener, conn *grpc.ClientConn, first flow.ID) {
	t.Helper()
	stream, err := conn.NewStream(t.Context(), &echoStream, "/test.Echo/Echo")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		sent := wrapperspb.String(fmt.Sprint("message ", i, strings.Repeat("x", i*1000)))
		var got wrapperspb.StringValue
		if err := errors.Join(stream.SendMsg(sent), stream.RecvMsg(&got)); err != nil || got.Value != sent.Value {
			t.Fatalf("%d bytes: %v", len(got.Value), err)
		}
	}
	_ = stream.CloseSend()
	if err := stream.RecvMsg(new(wrapperspb.StringValue)); err != io.EOF || stream.Trailer().Get("count")[0] != "100" {
		t.Errorf("%v, trailer %v", err, stream.Trailer())
	}
	if row := o.Finished(first); row.Failure != flow.FailureNone || row.RequestSize == 0 || row.RequestSize != row.ResponseSize {
		t.Errorf("row %+v", row)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stream, err = conn.NewStream(ctx, &echoStream, "/test.Echo/Echo")
	if err != nil {
		t.Fatal(err)
	}
	_ = stream.SendMsg(wrapperspb.String("x"))
	_ = stream.RecvMsg(new(wrapperspb.StringValue))
	cancel()
	if row := o.Finished(first + 1); row.Failure != flow.FailureClientGone {
		t.Errorf("row %+v", row)
	}
}
