package process

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/socket"
)

// Listening is the program that listens on a port of this computer, so that no other can at addr; the zero App where
// that cannot be told, as of another user's. An address that is none stands for all.
func Listening(addr netip.Addr, port uint16) flow.App {
	for _, table := range [...]string{"/proc/net/tcp", "/proc/net/tcp6"} {
		for _, l := range listeners(table) {
			if l.at.Port() == port && inTheWay(l.at.Addr(), addr) {
				return holder(l.held)
			}
		}
	}
	return flow.App{}
}

// listener is a socket that listens.
type listener struct {
	at   netip.AddrPort
	held socket.Held
}

// maxListeners bounds the lines of a table that are read.
const maxListeners = 10_000

// listeners reads the table of a family, in which those that listen come first (proc(5)).
func listeners(table string) (all []listener) {
	f, err := os.Open(table)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // read only
	lines := bufio.NewScanner(f)
	lines.Scan() // the names of the columns
	for len(all) < maxListeners && lines.Scan() {
		const listens = "0A"
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || fields[3] != listens {
			break
		}
		at, ok := tableAddr(fields[1])
		uid, uidErr := strconv.ParseUint(fields[7], 10, 32)
		inode, inodeErr := strconv.ParseUint(fields[9], 10, 32)
		if ok && uidErr == nil && inodeErr == nil {
			all = append(all, listener{at, socket.Held{Inode: uint32(inode), UID: uint32(uid)}})
		}
	}
	return all
}

// tableAddr reads an address such as 0100007F:1F90: words of this machine's order, and a port.
func tableAddr(text string) (netip.AddrPort, bool) {
	addr, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(addr)
	n, portErr := strconv.ParseUint(port, 16, 16)
	if err != nil || portErr != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(b, 4) {
		binary.NativeEndian.PutUint32(word, binary.BigEndian.Uint32(word))
	}
	ip, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(ip.Unmap(), uint16(n)), ok
}

// holder is the program that holds a socket.
func holder(h socket.Held) flow.App {
	s, apps := &system{}, make([]flow.App, 1)
	all := []wanted{{0, h}}
	for _, pid := range processes(0) {
		if all = s.search(pid, all, apps); len(all) == 0 {
			break
		}
	}
	return apps[0]
}
