package clientcheck

import (
	"context"
	"regexp"
	"strings"
	"time"

	"posthouse/proxy/flow"
)

// settleTime is how long the proxy may take to see what a client did that has
// ended: it reads the alert, or the end, in its own time.
const settleTime = 2 * time.Second

// try is how a client is tried.
type try struct {
	command func(url string) command
	stays   bool // it does not end by itself: what the proxy sees ends it
}

// tell has a client, told to use the proxy, ask for the check's host, and sets
// what is known of its trust.
func (c *Checkup) tell(ctx context.Context, r *Result, t try) {
	w := c.o.Host.expect(newToken())
	defer w.forget()
	var seen chan struct{}
	watching, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	if t.stays {
		seen = make(chan struct{})
		go func() {
			defer close(ended)
			w.until(watching, c.o.Limit, func(s sighting) bool { return s.asked || s.sure })
			close(seen)
		}()
	} else {
		close(ended)
	}
	out := run(ctx, c.placed(t.command(c.o.Host.url(w.token))), c.o.Limit, seen)
	w.until(ctx, settleTime, func(s sighting) bool { return !s.connected || s.asked || !s.refused.IsZero() })
	stop()
	<-ended
	c.judge(r, w.now(), &out, w.token)
	if t.stays && r.State == Elsewhere {
		r.State, r.Reason = Untested, ReasonStart // a browser does what it is told, or does not run at all
	}
	if t.stays && !certificateWords.MatchString(r.Said) {
		r.Said = "" // browsers talk of much
	}
}

// url is where a try is told to go: its name and its path hold the token.
func (h *Host) url(token string) string {
	return "https://" + token + "." + *h.base.Load() + "/" + token
}

// judge tells a client's state from what the proxy saw and what the client said.
func (c *Checkup) judge(r *Result, s sighting, out *ran, token string) {
	r.Seen = s.refused
	switch {
	case s.asked:
		r.State, r.Seen = Trusted, flow.Reason{}
		return
	case out.start != nil:
		r.State, r.Reason, r.Said = Untested, ReasonStart, clipped(out.start.Error())
		return
	case s.connected && revocationWords.MatchString(out.both()):
		r.State, r.Reason = Untrusted, ReasonRevoke
	case s.connected && (s.sure || certificateWords.MatchString(out.both())):
		r.State = Untrusted
	case out.late:
		r.State, r.Reason = Untested, ReasonTimeout
	case !s.connected:
		r.State = Elsewhere
	default:
		r.State, r.Reason = Untested, ReasonUnclear
	}
	r.Said = quoteOf(c.plain(out.both(), token))
}

// plain leaves out what means nothing to a person: the name of the try, and
// where in its source a browser says something.
func (c *Checkup) plain(said, token string) string {
	said = strings.ReplaceAll(strings.ReplaceAll(said, token+".", ""), "/"+token, "")
	return sourcePlace.ReplaceAllString(said, "")
}

var sourcePlace = regexp.MustCompile(`(?m)^\[[0-9:/.]+:(?:ERROR|WARNING|INFO|FATAL):[^\]]*\] *`)

var (
	// certificateWords are how clients say that they do not trust a certificate.
	certificateWords = regexp.MustCompile(`(?i)certificate|cert_|handshake failed|self.signed|unknown authority|` +
		`unknown ca|issuer|PKIX|x509|\bSSL_ERROR_`)
	// revocationWords are how Windows' TLS says that it could not ask whether a
	// certificate is revoked: Posthouse serves no list of revoked ones.
	revocationWords = regexp.MustCompile(`(?i)0x80092012|0x80092013|NO_REVOCATION_CHECK|REVOCATION_OFFLINE`)
)

// quoteOf is the line in which a client says what is wrong: the first one about
// certificates, or else the last.
func quoteOf(said string) string {
	last := ""
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "More details here") || strings.HasPrefix(line, "at ") {
			continue
		}
		if certificateWords.MatchString(line) {
			return clipped(line)
		}
		last = line
	}
	return clipped(last)
}

// wander has a client go as it is set up, to an address that only a proxy takes,
// and sets the route. known decides before anything is run; "" and RouteUnknown
// where it cannot.
func (c *Checkup) wander(ctx context.Context, r *Result, make func(url string) command) {
	token := newToken()
	w := c.o.Host.expect(token)
	defer w.forget()
	out := run(ctx, c.placed(make("https://"+Nowhere+"/"+token)), c.o.Limit, nil)
	switch {
	case w.now().asked || strings.Contains(out.stdout, proof(token)):
		r.Route = RouteThrough
	case out.start == nil && !out.late && ctx.Err() == nil:
		r.Route = RouteDirect
	}
}

// placed gives a command a new folder to run in.
func (c *Checkup) placed(cmd command) command {
	if cmd.dir == "" {
		cmd.dir = c.folder()
	}
	return cmd
}

// version sets the version from what a program says of itself: what pattern's
// first group finds.
func (c *Checkup) version(ctx context.Context, r *Result, cmd command, pattern *regexp.Regexp) string {
	out := run(ctx, c.placed(cmd), versionLimit, nil)
	said := out.stdout + "\n" + out.stderr
	if found := pattern.FindStringSubmatch(said); found != nil {
		r.Version = found[1]
	}
	return said
}

var anyVersion = regexp.MustCompile(`(\d+\.[0-9][0-9A-Za-z.+_-]*)`)
