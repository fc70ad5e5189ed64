package details

import (
	"strconv"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// protocolText is the version of HTTP, with the number of HTTP/2's stream.
func protocolText(x *flow.Exchange) string {
	if x.HTTP2.Stream == 0 {
		return x.Proto
	}
	return i18n.T("details.stream", x.Proto, strconv.FormatUint(uint64(x.HTTP2.Stream), 10))
}

// priorityText says what the priority of a HEADERS frame means (RFC 7540 section 5.3).
func priorityText(p string) string {
	part := strings.Split(p, ":")
	if len(part) != 3 {
		return ""
	}
	key := "details.priority_shared"
	if part[0] == "1" {
		key = "details.priority_exclusive"
	}
	return i18n.T(key, part[2], part[1])
}
