package commandline_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/archive/commandline"
)

// heard is what one command sends to an origin on this computer.
func heard(t *testing.T, shell, command string, origin net.Listener) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got := make(chan []byte, 1)
	go func() {
		var all bytes.Buffer
		defer func() { got <- all.Bytes() }()
		c, err := origin.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		buf := make([]byte, 64<<10)
		for !whole(all.Bytes()) {
			n, err := c.Read(buf)
			all.Write(buf[:n])
			if err != nil {
				return
			}
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	}()
	args := []string{"-c", command}
	if shell == "zsh" {
		args = append([]string{"-f", "-o", "nonomatch"}, args...) // ? and * in a URL are left as they are, as bash does
	}
	cmd := exec.CommandContext(ctx, shell, args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "LC_ALL=C.UTF-8"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
	select {
	case b := <-got:
		return b
	case <-ctx.Done():
		t.Fatal("nothing came for", command)
		return nil
	}
}

// whole reports whether a request has come, by its own length.
func whole(b []byte) bool {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		return false
	}
	if m := regexp.MustCompile(`(?i)\ncontent-length: *(\d+)`).FindSubmatch(head); m != nil {
		n := 0
		for _, c := range m[1] {
			n = n*10 + int(c-'0')
		}
		return len(body) >= n
	}
	return !bytes.Contains(bytes.ToLower(head), []byte("transfer-encoding: chunked")) || bytes.HasSuffix(body, []byte("0\r\n\r\n"))
}

// agent is the one thing that differs between versions; boundary is drawn by lot.
var agent, boundary = regexp.MustCompile(`curl/[0-9.]+`), regexp.MustCompile(`-{24}[0-9a-z]{16}`)

func sameRequest(b []byte) string {
	return string(boundary.ReplaceAll(agent.ReplaceAll(b, []byte("curl/N")), []byte("BOUNDARY")))
}

// What a command is read as is what curl sends for it, byte for byte. U stands for the origin.
func TestIsWhatCurlSends(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl")
	}
	origin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = origin.Close() }()
	for _, command := range []string{
		`curl U`,
		`curl -s U/a?b=c#d`,
		`curl U?b`,
		`curl U/a/../b/./c/..`,
		`curl --path-as-is U/a/../b`,
		`curl --url U/x -X PUT`,
		`curl -XDELETE U/x`,
		`curl -I U/x`,
		`curl U -A agent -e http://ref/ -b 'a=b; c=d' --compressed`,
		`curl U -A '' -H 'Accept:'`,
		`curl U -H 'User-Agent: mine' -H 'accept: text/html' -H 'Empty;' -H 'Gone:' -H 'X:y' -H 'Y:   z  '`,
		`curl U -H 'Host: example.com' -H 'host: second'`,
		`curl U -H 'Host:'`,
		`curl U -H 'Cookie: a=b' -b c=d -e http://r/ -H 'Referer: x'`,
		`curl U -b a=1 -b b=2`,
		`curl -u user:pass U`,
		`curl -u 'user:' U -H 'X: 1'`,
		`curl U --oauth2-bearer token`,
		`curl -r 0-99 U`,
		`curl U -d a=1`,
		`curl U -d a=1 -d b=2 --data-raw '@c' --data-urlencode 'd=e f&g'`,
		`curl U --data-urlencode '=x y' --data-urlencode 'z!' --data-urlencode 'n=ä~'`,
		`curl -G U/s -d q=1 --data-urlencode 'w=a b'`,
		`curl -G 'U/s?x=y' -d q=1`,
		`curl 'U/s?x=y' --url-query 'a=b c' --url-query +d`,
		`curl --json '{"a":1}' U`,
		`curl --json '{"a":' --json '1}' U -H 'Accept: x'`,
		`curl U -d '' -X POST`,
		`curl U -H 'Content-Type: application/json' -d '{}'`,
		`curl U -H 'Content-Length: 2' -d 'ab' -H 'X: y'`,
		`curl U -F a=b -F 'c=d;type=text/plain' -F 'e="x;y"' --form-string 'f=@g;type=h'`,
		`curl U -F 'a=b;filename=n.txt' -F 'q"uote=1'`,
		`curl U -F a=b -H 'Content-Type: multipart/mixed'`,
		`curl --request-target '*' -X OPTIONS U`,
		`curl -0 U`,
		`curl --http1.1 U -sSLk --max-time 5`,
		`curl --head --globoff 'U/{a,b}'`,
		`curl --no-alpn -N U`,
		`curl U --data-raw $'{"a":"it\'s \u00e9\x21\n\t\\\101"}'`,
		"curl U \\\n  -H 'a: b' \\\n  --data \"x\\\"y\\$z\"",
		"curl U -d @- <<'EOF'\n{\"a\":\n$1}\nEOF\n",
		"printf '%b' 'a\\0001b\\n' | curl U --data-binary @-",
		"echo '{}' | curl U --data-binary @-",
		"curl --data-binary @- U <<< here",
		`X=1 curl U/"$(printf '%b' 'a\0101')" >/dev/null 2>&1`,
		`curl --user-a mine U`,
	} {
		for _, shell := range []string{"bash", "zsh"} {
			if _, err := exec.LookPath(shell); err != nil || shell == "zsh" && !strings.Contains(command, "$") {
				continue
			}
			command := strings.ReplaceAll(command, "U", "http://"+origin.Addr().String())
			all, err := commandline.ParseAll(command, commandline.AnyShell)
			if err != nil {
				t.Errorf("%s: %v", command, err)
				continue
			}
			want := sameRequest(heard(t, shell, command, origin))
			if got := sameRequest(append(all[0].Head(), all[0].Body...)); got != want {
				t.Errorf("%s of %s is read as\n%s\nand curl sends\n%s", command, shell, got, want)
			}
		}
	}
}

// The table of options is that of the curl that is there, as far as it goes.
func TestOptionsAreCurls(t *testing.T) {
	out, err := exec.Command("curl", "--help", "all").Output()
	if err != nil {
		t.Skip("no curl")
	}
	line := regexp.MustCompile(`^ (?:-(.),|   ) --([a-z0-9.-]+) ( ?<[^ ].*>| ?\[protocol)?`)
	seen := 0
	for text := range strings.Lines(string(out)) {
		m := line.FindStringSubmatch(text)
		if m == nil || m[2] == "help" || strings.HasPrefix(m[2], "no-") {
			continue
		}
		seen++
		for _, name := range []string{"--" + m[2], "-" + m[1]} {
			if name == "-" || m[2] == "next" || m[2] == "url" {
				continue
			}
			words := "curl http://a " + name + " "
			_, alone := commandline.ParseAll(words, commandline.Sh)
			if takes := alone != nil; takes != (m[3] != "") && m[2] != "head" {
				t.Errorf("%s takes a value: %v, %v, %q", name, takes, alone, text)
			}
		}
	}
	if seen < 200 {
		t.Errorf("%d options seen", seen)
	}
}
