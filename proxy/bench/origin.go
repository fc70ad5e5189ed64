package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
)

const (
	smallSize = 1 << 10   // bytes of the small file
	midSize   = 64 << 20  // of the one that passes on one stream
	bigSize   = 512 << 20 // of the big file

	smallPath = "/small.bin"
	midPath   = "/mid.bin"
	bigPath   = "/big.bin"
)

// server is one of the origin's servers.
type server int

const (
	keeping     server = iota // keeps its connections
	closing                   // closes each after its answer; only inside TLS
	multiplexed               // speaks HTTP/2 alone
	unfinished                // speaks HTTP/2; its answers begin, and end when they are told to
)

// origin is nginx serving files, plainly and inside TLS; nghttpd, which serves
// them by HTTP/2 at twice nginx' rate; and a small server for answers that stay open.
type origin struct {
	addr      string
	secured   [unfinished + 1]string // each server's address inside TLS
	rootsFile string                 // PEM file of the CA that signed its certificates
	certs     string                 // directory with key.pem and a certificate for each host
	*process
	h2    *process // nil where no work needs it
	quiet *quietServer
}

// nginxConfig keeps connections open for as long as a run may take, so that
// idle tunnels stay idle, and logs nothing.
const nginxConfig = `daemon off;
%[1]sworker_processes %[2]d;
worker_rlimit_nofile 20000;
pid %[3]s/nginx.pid;
error_log %[3]s/nginx-error.log;
events { worker_connections 16000; }
http {
	access_log off;
	sendfile on;
	tcp_nodelay on;
	open_file_cache max=16 inactive=1h;
	open_file_cache_valid 1h;
	keepalive_timeout 1h;
	client_header_timeout 1h;
	keepalive_requests 1000000000;
	types { }
	default_type application/octet-stream;
	client_body_temp_path %[3]s/nginx-body;
	proxy_temp_path %[3]s/nginx-proxy;
	fastcgi_temp_path %[3]s/nginx-fastcgi;
	uwsgi_temp_path %[3]s/nginx-uwsgi;
	scgi_temp_path %[3]s/nginx-scgi;
	server {
		listen %[4]s backlog=4096%[5]s;
		root %[3]s/files;
	}
%[6]s}
`

// startOrigin starts the servers, with visits hosts beside the one that is asked
// again and again, and those for HTTP/2 where they are needed.
func startOrigin(ctx context.Context, dir string, visits int, h2 bool) (*origin, error) {
	if err := writeFiles(filepath.Join(dir, "files")); err != nil {
		return nil, fmt.Errorf("writing the origin's files: %w", err)
	}
	o := &origin{}
	if err := o.startNginx(ctx, dir, visits); err != nil {
		return nil, err
	}
	if !h2 {
		return o, nil
	}
	if err := o.startH2(ctx, dir); err != nil {
		o.stop()
		return nil, err
	}
	return o, nil
}

func (o *origin) stop() {
	o.process.stop()
	if o.h2 != nil {
		o.h2.stop()
	}
	if o.quiet != nil {
		o.quiet.stop()
	}
}

func (o *origin) startNginx(ctx context.Context, dir string, visits int) error {
	var err error
	for _, addr := range []*string{&o.addr, &o.secured[keeping], &o.secured[closing]} {
		if *addr, err = freeAddr(); err != nil {
			return err
		}
	}
	user, reuse := "", ""
	if os.Getuid() == 0 {
		user = "user root;\n" // the directory is for its owner only
	}
	workers := min(max(runtime.NumCPU(), 1), 4)
	if workers > 1 {
		reuse = " reuseport" // an even share of the connections for each worker
	}
	config := filepath.Join(dir, "nginx.conf")
	hosts, err := o.secureConfig(dir, " backlog=4096"+reuse, visits)
	if err != nil {
		return fmt.Errorf("making the origin's certificates: %w", err)
	}
	text := fmt.Sprintf(nginxConfig, user, workers, dir, o.addr, reuse, hosts)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	o.process, err = startProcess(ctx, "nginx", dir, "",
		[]string{"nginx", "-e", filepath.Join(dir, "nginx-error.log"), "-c", config}, nil, o.addr)
	return err
}

func writeFiles(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for path, size := range map[string]int64{smallPath: smallSize, midPath: midSize, bigPath: bigSize} {
		if err := writePattern(filepath.Join(dir, path), size); err != nil {
			return err
		}
	}
	return nil
}

func writePattern(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	var block []byte
	for at := int64(0); at < size; at += int64(len(block)) {
		block = pattern(block[:0], at, min(64<<10, size-at))
		if _, err := w.Write(block); err != nil {
			_ = f.Close()
			return err
		}
	}
	if err := w.Flush(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// pattern appends the n bytes at offset at of the content that all files
// have: each 8 bytes are their own offset, mixed, so that a byte lost, doubled
// or out of place shows. at and n must be multiples of 8.
func pattern(b []byte, at, n int64) []byte {
	for end := at + n; at < end; at += 8 {
		b = binary.LittleEndian.AppendUint64(b, uint64(at+1)*0x9E3779B97F4A7C15)
	}
	return b
}

// tempDir is a fresh directory in memory where there is room for it.
func tempDir() (string, error) {
	base := ""
	if room, err := freeSpace("/dev/shm"); err == nil && room > 2*bigSize {
		base = "/dev/shm"
	}
	return os.MkdirTemp(base, "posthouse-bench-")
}

func port(addr string) string {
	_, p, _ := net.SplitHostPort(addr)
	return p
}
