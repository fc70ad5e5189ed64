package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// PathText is the path, or for a tunnel what is known of its inside.
func PathText(r *flow.Row, _ time.Time) string {
	if r.Kind != flow.KindTunnel {
		return r.Path
	}
	parts := []string{i18n.T("row.tunnel")}
	if r.TLS.Outcome == flow.TLSPlain {
		parts = append(parts, i18n.T("row.tunnel_plain"))
	}
	if r.TLS.Version != "" {
		parts = append(parts, r.TLS.Version)
	}
	if r.TLS.SNI != "" && !strings.HasPrefix(r.Host, r.TLS.SNI+":") && r.TLS.SNI != r.Host {
		parts = append(parts, r.TLS.SNI)
	}
	return strings.Join(parts, " · ")
}

// AppCell is the program that asked; one that ended too early has no name.
func AppCell(r *flow.Row, _ time.Time) string {
	if r.AppEnded() {
		return i18n.T("row.app_ended")
	}
	return r.App
}

// StatusText is the status code; signs tell what is under way and what failed,
// so that colour is never the only one.
func StatusText(r *flow.Row, _ time.Time) string {
	sign := RuleSign(r.Effects)
	code := ""
	if r.Status != 0 {
		code = strconv.Itoa(r.Status)
	}
	switch {
	case r.Phase == flow.PhaseFailed && code == "":
		return sign + "× " + i18n.T("row.failed")
	case r.Phase == flow.PhaseFailed && !r.LeftStream():
		return sign + "× " + code
	case r.Phase == flow.PhaseRequest:
		return "…"
	case r.Phase == flow.PhaseResponse && r.Kind != flow.KindHTTP:
		return "• " + i18n.T("row.open")
	case r.Effects&flow.EffectBlocked != 0:
		code = strings.TrimSpace("⊘ " + code)
	case r.Mended != 0 || r.Effects&(flow.EffectResponse|flow.EffectAnswered|flow.EffectRequest) != 0:
		code = "~ " + code // what was sent is not what came
	}
	if r.Phase == flow.PhaseResponse {
		code += " …"
	}
	return sign + code
}

// RuleSign stands before the status of what a rule failed at, delayed or slowed; "" for none.
func RuleSign(e flow.Effects) string {
	sign := ""
	if e&flow.EffectFailed != 0 {
		sign = "!"
	}
	if e&flow.EffectDelayed != 0 {
		sign += "‖"
	}
	if sign == "" {
		return ""
	}
	return sign + " "
}

// RuleSignLines say what RuleSign means, a line for each.
func RuleSignLines(e flow.Effects) (lines []string) {
	if e&flow.EffectFailed != 0 {
		lines = append(lines, i18n.T("row.rule.failed"))
	}
	if e&flow.EffectDelayed != 0 {
		lines = append(lines, i18n.T("row.rule.delayed"))
	}
	return lines
}

// MethodText is the method, with a sign where Posthouse sent the request itself.
func MethodText(r *flow.Row, _ time.Time) string {
	if r.Own {
		return "» " + r.Method
	}
	return r.Method
}

// ProtocolText is what was spoken, in short: h1, h2, ws. Of a tunnel that is what
// its client offered first, if it told.
func ProtocolText(r *flow.Row) string {
	switch {
	case r.Kind == flow.KindTunnel && r.TLS.Seen:
		first, _, _ := strings.Cut(r.TLS.ALPN, ",")
		if first == "http/1.1" {
			first = "h1"
		}
		return strings.TrimSpace("tls " + first)
	case r.Kind == flow.KindTunnel:
		return ""
	case r.Kind == flow.KindUpgraded:
		return "ws"
	case r.Proto == "HTTP/2.0":
		return "h2"
	case r.Proto == "HTTP/1.1":
		return "h1"
	case r.Proto == "HTTP/1.0":
		return "h1.0"
	}
	return strings.ToLower(r.Proto)
}

// SizeText is a number of bytes in three digits or so.
func SizeText(n int64) string {
	if n < 1024 {
		if n == 0 {
			return "0"
		}
		return strconv.FormatInt(n, 10) + " B"
	}
	value, unit := float64(n)/1024, 0
	units := [...]string{"KB", "MB", "GB", "TB", "PB"}
	for value >= 1023.5 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	digits := 1
	if value >= 99.95 {
		digits = 0
	}
	return strconv.FormatFloat(value, 'f', digits, 64) + " " + units[unit]
}

// DurationText is a duration in three digits or so.
func DurationText(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < 9950*time.Microsecond:
		return strconv.FormatFloat(d.Seconds()*1e3, 'f', 1, 64) + " ms"
	case d < 999500*time.Microsecond:
		return strconv.FormatFloat(d.Seconds()*1e3, 'f', 0, 64) + " ms"
	case d < 99950*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%d m %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d m", int(d.Hours()), int(d.Minutes())%60)
}

// CountText groups the digits of a number by threes.
func CountText[T int | int64 | uint64](n T) string {
	text := strconv.FormatUint(uint64(n), 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// PlainDigits is a number as it was meant: without blanks around it, and with the
// digits that a Chinese or Japanese keyboard writes as wide as a character.
func PlainDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, strings.TrimSpace(text))
}

// Forms of a time of day and of a date with it, for ClockText.
const (
	Seconds = "15:04:05"
	Millis  = "15:04:05.000"
	Date    = "2006-01-02 15:04:05.000"
)

// ClockText is a time here in a form; "" for one that is not known, as a file may not tell it.
func ClockText(t time.Time, form string) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(form)
}

// Elapsed is how long an exchange took, or has taken by now.
func Elapsed(r *flow.Row, now time.Time) time.Duration {
	if r.Phase.Final() {
		return r.Duration
	}
	return max(0, now.Sub(r.Start))
}
