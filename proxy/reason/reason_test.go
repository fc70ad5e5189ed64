package reason

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/proxy/flow"
)

func TestEnglish(t *testing.T) {
	rejected := All(Both, []flow.Reason{CertificateSelf.With(), CertificateNames.With(NamesTwo.With("b.test", "c.test")),
		CertificateExpired.With("x")})
	for want, r := range map[string]flow.Reason{
		"": {},
		"The origin a.test:80 refused the connection. Is its server running?": OriginRefused.With("a.test:80"),
		"The request was refused: the Host field appears more than once.":     RequestRefused.With(HostTwice),
		"The origin 10.0.0.1:80 did not answer in time.":                      AnswerLate.With(At.With("10.0.0.1:80")),
		"The client refused the certificate for a.test (alert unknown_ca after 3 ms, 2 of 4 tries). It does not trust the CA: install it " +
			"there, or pass this host through.": RefusedSure.With("a.test", EndedAlert.With("unknown_ca"), int64(3), Tries.With(2, 4)),
		"Nothing passed for 1m30s.": TunnelIdle.With(90 * time.Second),
		"The certificate of a.test did not pass: it is self-signed; it is for b.test and c.test and not for this host; it expired on " +
			"x.": CertificateRejected.With("a.test", rejected),
		"only the first byte of its body was kept (1 of 7): raise the limit on bodies":     SendCut.With(1, int64(7)),
		"only the first 0 bytes of its body were kept, of 1: raise the limit on bodies":    SendCut.With(0, int64(1)),
		"The history's file a is damaged, in 1 place in all. What can be read is shown.":   HistoryDamaged.With("a", int64(1)),
		"The history's file 1 is damaged, in 12 places in all. What can be read is shown.": HistoryDamaged.With("1", int64(12)),
		"it is for an address of 1 byte, and there are none of that length":                CertificateAddress.With(1),
		"it is for an address of 5 bytes, and there are none of that length":               CertificateAddress.With(5),

		"100%s of it":     Text.With("100%s of it"),
		"it answered ":    ProxyAnswered.With(),
		"no-such-code 7x": flow.ReasonCode("no-such-code ").With(7, "x"),
	} {
		if got := English(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The system's common errors have codes, whatever is around them.
func TestOfFindsTheCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		want flow.Reason
	}{
		{&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, SystemRefused.With()},
		{fmt.Errorf("x: %w", syscall.EHOSTUNREACH), SystemNoRoute.With()},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, SystemTimeout.With()},
		{&fs.PathError{Op: "open", Path: "/a", Err: syscall.EACCES}, FileOpen.With("/a", SystemDenied)},
		{&fs.PathError{Op: "chmod", Path: "/a", Err: fs.ErrNotExist}, Inside.With("/a", SystemMissing)},
		{fmt.Errorf("x: %w", &net.DNSError{Err: "server misbehaving", Name: "a.test", UnwrapErr: errors.New("inner")}),
			Text.With("lookup a.test: server misbehaving")},
		{fmt.Errorf("x: %w", errors.New("tls: no cipher")), Text.With("no cipher")},
		{fmt.Errorf("x: %w", New(NameUnknown)), NameUnknown.With()},
	} {
		if got := Of(c.err); got != c.want {
			t.Errorf("%v: %s %v, want %s %v", c.err, got.Code, got.Args(), c.want.Code, c.want.Args())
		}
	}
}

// A sentence that has the name of a file already does not get it again.
func TestOfNamedLeavesTheNameOut(t *testing.T) {
	missing := &fs.PathError{Op: "openat", Path: "a.json", Err: fs.ErrNotExist}
	for _, c := range []struct {
		err  error
		want string
	}{
		{missing, "no such file or directory"},
		{fmt.Errorf("x: %w", &fs.PathError{Op: "stat", Path: "/b/a.json", Err: syscall.EACCES}), "permission denied"},
		{errors.Join(missing, New(NameUnknown)), "no such file or directory\n" + English(NameUnknown.With())},
		{Wrap(missing, RuleFile, "a.json"), "the file a.json cannot be used: a.json: no such file or directory"},
		{&fs.PathError{Op: "read", Path: "a.json", Err: errors.New("it is odd")}, "it is odd"},
	} {
		if got := English(OfNamed(c.err)); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

// What a program reads stays: lower case with dashes, and a sentence has its arguments as %s.
func TestCodesAndSentencesHaveTheirForm(t *testing.T) {
	code := regexp.MustCompile(`^[a-z][a-z0-9.]*(-[a-z0-9.]+)*$`)
	for _, c := range Codes() {
		if len(c) > 32 || !code.MatchString(string(c)) {
			t.Errorf("the code %q", c)
		}
		s := Template(c)
		if strings.Count(s, "%") != strings.Count(s, "%s") || strings.TrimSpace(s) != s {
			t.Errorf("%s: %q", c, s)
		}
		if one := singular[c]; one != "" && (strings.Count(one, "%s") != strings.Count(s, "%s") || one == s) {
			t.Errorf("%s: %q where it is one", c, one)
		}
	}
	if len(Codes()) < 150 {
		t.Errorf("only %d codes", len(Codes()))
	}
}

// What a row says stays short, whatever the arguments are.
func TestSentencesAreBounded(t *testing.T) {
	for _, c := range Codes() {
		args := make([]any, strings.Count(Template(c), "%s"))
		for i := range args {
			args[i] = strings.Repeat("x", 1000)
		}
		if n := len(English(c.With(args...).Cut())); n > len(Template(c))+flow.MaxReason {
			t.Errorf("%s: %d bytes", c, n)
		}
	}
}

// docs/reasons.md has each code with its sentence, and no other.
func TestReasonsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "|---|---|\n")
	lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	escape := strings.NewReplacer("|", `\|`, "\n", " ⏎ ")
	for i, c := range Codes() {
		want := "| `" + string(c) + "` | " + escape.Replace(Template(c)) + " |"
		if i >= len(lines) || lines[i] != want {
			t.Fatalf("docs/reasons.md lacks, or has too much before:\n%s", want)
		}
	}
	if len(lines) != len(Codes()) {
		t.Errorf("docs/reasons.md has %d codes, not %d", len(lines), len(Codes()))
	}
}
