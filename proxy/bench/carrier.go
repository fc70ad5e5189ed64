package main

import (
	"context"
	"path/filepath"
)

// carrier listens for clients that know no proxies, and leads each connection
// through a contender: by a tunnel, or straight on where it has a fixed origin.
// Every contender of a work has one, so that it costs all the same.
type carrier struct {
	addr string
	*process
}

func startCarrier(ctx context.Context, b *bench, in *instance, w work) (*carrier, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	command := []string{filepath.Join(b.bin, "relay"), "-listen", addr, "-origin", in.addr}
	if !w.bulk {
		command = append(command, "-plain")
	}
	if !in.blind {
		command = append(command, "-connect", b.origin.authority(w.server))
	}
	p, err := startProcess(ctx, "carrier-"+port(addr), b.dir, "", command, nil, addr)
	if err != nil {
		return nil, err
	}
	return &carrier{addr, p}, nil
}
