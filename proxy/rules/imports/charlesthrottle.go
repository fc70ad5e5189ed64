package imports

import (
	"strconv"
	"strings"

	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// throttling is a network of Charles, or several: bandwidths in kbit/s, of which a share is used,
// and a latency in milliseconds, as its documentation says. The names of its fields are not
// documented: they are looked for by their words. It is on where the file says so by itself, and
// does not leave open which of several networks is meant.
func (c *charles) throttling(n *node) {
	var networks int
	for _, kid := range n.kids {
		if isThrottling(kid) {
			networks++
		}
	}
	if networks > 0 {
		c.slow = networks == 1 && isEnabled(n)
		return // they are visited by themselves
	}
	on := isEnabled(n) || c.slow && !isDisabled(n)
	c.slow = false
	t := networkOf(n)
	name := "Throttling"
	if own := n.leaf("name"); own != "" {
		name += " " + own
	}
	one := Taken{Rule: rules.Rule{Name: name, Off: !on, Throttle: t}}
	if where := c.places(n); len(where) > 0 {
		one.When = where[0]
		on = on && len(where) == 1 // else it would be for a part of them
		one.Off = !on
	}
	if t.Down == 0 && t.Up == 0 && t.Latency == 0 {
		one.Off, one.Throttle = true, nil
		c.lacks(n.line, one, name)
		return
	}
	rates := t.Down.String() + ", " + t.Up.String()
	if on {
		one.Why = append(one.Why, reason.ImportNetwork.With(rates))
	} else {
		one.Why = append(one.Why, reason.ImportLook.With(rates))
	}
	c.add(n.line, one)
}

// isThrottling reports whether an element is a network, or has some.
func isThrottling(n *node) bool {
	return strings.Contains(strings.ToLower(n.name), "throttl") && len(n.kids) > 0
}

// isEnabled reports whether an element says itself that it is on.
func isEnabled(n *node) bool { return n.switchedTo("true") }

// isDisabled reports whether it says that it is off.
func isDisabled(n *node) bool { return n.switchedTo("false") }

// switchedTo reports whether an element has a switch, and none that says otherwise.
func (n *node) switchedTo(want string) (is bool) {
	for _, kid := range n.kids {
		if name := strings.ToLower(kid.name); len(kid.kids) > 0 ||
			!strings.HasSuffix(name, "enabled") && !strings.HasSuffix(name, "active") {
			continue
		}
		if is = strings.EqualFold(strings.TrimSpace(kid.text), want); !is {
			return false
		}
	}
	return is
}

// networkOf is how slow a network is.
func networkOf(n *node) *rules.Throttle {
	rate := func(words ...string) (r rules.Rate) {
		kbits, err := strconv.ParseFloat(n.leaf(words...), 64)
		if used, bad := strconv.ParseFloat(n.leaf("utili"), 64); bad == nil && used > 0 && used < 100 {
			kbits = kbits * used / 100
		}
		if err != nil || r.UnmarshalText([]byte(strconv.FormatFloat(kbits, 'f', -1, 64)+" kbit/s")) != nil {
			return 0
		}
		return r
	}
	t := &rules.Throttle{Down: rate("down"), Up: rate("up")}
	if t.Down == 0 && t.Up == 0 {
		t.Down = rate("bandwidth")
		t.Up = t.Down
	}
	if ms, err := strconv.ParseFloat(n.leaf("latency"), 64); err == nil && ms > 0 && ms < 600_000 {
		t.Latency = rules.Duration(ms * 1e6)
	}
	return t
}
