package details

import (
	"strconv"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// protocolText is the version of HTTP, with the number of HTTP/2's stream.
func protocolText(x *flow.Exchange) string {
	name := x.Proto
	if name == "HTTP/2.0" { // RFC 9113 section 3.1 knows no minor version
		name = "HTTP/2"
	}
	if x.HTTP2.Stream == 0 {
		return name
	}
	return i18n.T("details.stream", name, strconv.FormatUint(uint64(x.HTTP2.Stream), 10))
}

// priorityText says what the priority of a HEADERS frame means (RFC 7540 section 5.3);
// that of a PRIORITY_UPDATE frame stands as it came.
func priorityText(p string) string {
	part := strings.Split(p, ":")
	if len(part) != 3 {
		return words.VisibleText(p)
	}
	key := "details.priority_shared"
	if part[0] == "1" {
		key = "details.priority_exclusive"
	}
	return i18n.T(key, part[2], part[1])
}
