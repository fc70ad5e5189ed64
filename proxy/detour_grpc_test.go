package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"posthouse/proxy"
)

// grpcElsewhere is grpcThrough where rules send what is asked for to a server of gRPC on this computer, without TLS.
func grpcElsewhere(t *testing.T, options ...grpc.ServerOption) (*opener, *grpc.ClientConn) {
	t.Helper()
	o, conn := grpcThrough(t, func(*grpc.Server) {})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(options...)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	service := grpc.ServiceDesc{ServiceName: "test.Echo", HandlerType: (*any)(nil), Streams: []grpc.StreamDesc{echoStream}}
	server.RegisterService(&service, nil)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	set := ruleSet(t, fmt.Sprintf("[[rule]]\nname='Stage'\nwhen='method:POST'\nsend={scheme='http',host='127.0.0.1',port=%d}",
		ln.Addr().(*net.TCPAddr).Port))
	o.Server.Configure(proxy.Config{Decrypt: o.policy, Rules: set})
	return o, conn
}

// Calls of all kinds reach a server without TLS, with their trailers, their errors and their cancels.
func TestRulesSendCallsOfGRPCElsewhere(t *testing.T) {
	o, conn := grpcElsewhere(t)
	client := grpc_health_v1.NewHealthClient(conn)
	got, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil || got.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Fatalf("%v %v", got, err)
	}
	if _, err = client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "unknown"}); status.Code(err) != codes.NotFound {
		t.Errorf("error %v", err)
	}
	echoesBothWays(t, o, conn, 4)
}

// More streams than the server takes at a time, long ones both ways, some of which are called off: all others are answered.
func TestRulesSendManyCallsOfGRPCElsewhere(t *testing.T) {
	_, conn := grpcElsewhere(t, grpc.MaxConcurrentStreams(5))
	var calls sync.WaitGroup
	for i := range 40 {
		calls.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stream, err := conn.NewStream(ctx, &echoStream, "/test.Echo/Echo")
			if err != nil {
				t.Error(err)
				return
			}
			sent := wrapperspb.String(strings.Repeat("x", 30_000*(i%7)))
			for n := range 10 {
				var got wrapperspb.StringValue
				if err := errors.Join(stream.SendMsg(sent), stream.RecvMsg(&got)); err != nil || got.Value != sent.Value {
					t.Errorf("%d bytes: %v", len(got.Value), err)
					return
				}
				if i%3 == 0 && n == 5 {
					return // it is called off
				}
			}
			_ = stream.CloseSend()
			if err := stream.RecvMsg(new(wrapperspb.StringValue)); err != io.EOF {
				t.Error(err)
			}
		})
	}
	calls.Wait()
}

// A server that ends its connections again and again, as those do that have grown old, loses no call.
func TestRulesSendCallsOfGRPCToServersThatLeave(t *testing.T) {
	age := keepalive.ServerParameters{MaxConnectionAge: 10 * time.Millisecond, MaxConnectionAgeGrace: 10 * time.Second}
	_, conn := grpcElsewhere(t, grpc.KeepaliveParams(age))
	client := grpc_health_v1.NewHealthClient(conn)
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			for range 60 {
				got, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
				if err != nil || got.Status != grpc_health_v1.HealthCheckResponse_SERVING {
					t.Errorf("%v %v", got, err)
					return
				}
			}
		})
	}
	calls.Wait()
}
