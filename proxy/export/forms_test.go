package export_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
)

// tool runs what one form gives, as a person would.
type tool struct {
	name string
	form export.Form
	run  func(t *testing.T, text string)
}

// tools are those that are here. A form without its tool is said to be skipped.
func tools(t *testing.T) []tool {
	t.Helper()
	var all []tool
	add := func(name string, form export.Form, ending, program string, args ...string) {
		all = append(all, tool{name, form, func(t *testing.T, text string) {
			file := filepath.Join(t.TempDir(), "copied"+ending)
			if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			quiet(t, "", program, append(args, file)...)
		}})
	}
	for _, shell := range []string{"sh", "bash", "zsh"} {
		_, wget := exec.LookPath("wget")
		if _, err := exec.LookPath(shell); err == nil && wget == nil {
			add("wget in "+shell, export.Wget, "", shell)
		}
	}
	if _, err := exec.LookPath("http"); err == nil {
		add("HTTPie", export.HTTPie, "", "sh")
	}
	if _, err := exec.LookPath("node"); err == nil {
		add("node", export.FetchNode, ".mjs", "node")
		add("browser's in node", export.FetchBrowser, ".mjs", "node")
	}
	for module, form := range map[string]export.Form{"requests": export.Requests, "httpx": export.HTTPX} {
		for _, python := range []string{"python3", "/usr/bin/python3"} {
			if path, err := exec.LookPath(python); err == nil && exec.Command(path, "-c", "import "+module).Run() == nil {
				add(module+" of "+python, form, ".py", path)
			}
		}
	}
	if _, err := exec.LookPath("go"); err == nil {
		all = append(all, tool{"go", export.GoHTTP, nil})
	}
	return append(all, tool{"by hand", export.Raw, func(t *testing.T, text string) {
		_, rest, _ := strings.Cut(text, "\r\nHost: ")
		host, _, _ := strings.Cut(rest, "\r\n")
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = rawHost
		}
		c, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = c.Read(make([]byte, 1))
	}})
}

// rawHost is where a request goes that names no origin.
var rawHost string

// goPrograms builds what the Go form gives of many requests as one program, and is
// what runs one of them.
func goPrograms(t *testing.T, texts map[string]string) func(t *testing.T, name string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module copied\n\ngo 1.24\n")
	all := "package main\n\nimport \"os\"\n\nfunc main() {\n\tswitch os.Args[1] {\n"
	for i, name := range slices.Sorted(mapKeys(texts)) {
		if !strings.Contains(texts[name], "\nfunc main() {\n") {
			t.Errorf("%s is no program: %.300s", name, texts[name])
		}
		write(fmt.Sprintf("r%d.go", i), strings.Replace(texts[name], "\nfunc main() {\n", fmt.Sprintf("\nfunc r%d() {\n", i), 1))
		all += fmt.Sprintf("\tcase %q:\n\t\tr%d()\n", name, i)
	}
	write("main.go", all+"\t}\n}\n")
	program := filepath.Join(dir, "copied")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %.2000s", err, out)
	}
	return func(t *testing.T, name string) { quiet(t, "", program, name) }
}

func mapKeys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// someOfHTTPie are the requests with which HTTPie could do something else.
var someOfHTTPie = []string{"fields", "own method", "post hostile", "every byte", "chunked", "signs before values", "python's own sign",
	"commands", "dots", "small hex", "two slashes and more", "cookies", "of a browser"}

// Each form sends what was captured with the tool that it is for, and says each
// thing that the origin gets in another way. Where several can stand one behind the
// other, they do here.
func TestEachFormSendsWhatItSays(t *testing.T) {
	o := newOrigin(t)
	rawHost = o.host
	for _, tool := range tools(t) {
		t.Run(tool.name, func(t *testing.T) {
			var all []*compared
			var several []*flow.Exchange
			texts := map[string]string{}
			for _, r := range slices.Concat(requests, odd) {
				if tool.form == export.HTTPie && !slices.Contains(someOfHTTPie, r.name) {
					continue // seconds each
				}
				x := captured(r.head, r.body, o.host)
				x.RequestHead = []byte(strings.Replace(string(x.RequestHead), "\r\n", "\r\nCase: "+strconv.Itoa(len(all))+"\r\n", 1))
				c := &compared{T: t, x: x, name: r.name, form: tool.form, copy: export.Of(x, tool.form)}
				all, several = append(all, c), append(several, x)
				if c.copy.Text != "" {
					checkShown(t, tool.form, c.copy.Text)
					texts[r.name] = c.copy.Text
				} else if !slices.Equal(kinds(c.copy.Notes), []export.NoteKind{export.NoRequest}) {
					c.fault("nothing, for %v", c.copy.Notes)
				}
			}
			switch {
			case tool.form == export.GoHTTP:
				run := goPrograms(t, texts)
				for name := range texts {
					run(t, name)
				}
			case tool.form.Several():
				tool.run(t, export.Each(slices.Values(several), tool.form).Text)
			default:
				for _, text := range texts {
					tool.run(t, text)
				}
			}
			for range texts {
				got := o.next(t)
				_, fields := fieldsOf(got.head)
				if at, err := strconv.Atoi(strings.Join(fields["Case"], "")); err == nil && at < len(all) {
					all[at].got = &got
				}
			}
			for _, c := range all {
				c.sent()
			}
		})
	}
}

// compared holds what came against what was captured: whatever differs is noted,
// and what is noted differs.
type compared struct {
	*testing.T
	name string
	x    *flow.Exchange
	got  *message
	form export.Form
	copy export.Copy
	said map[export.NoteKind][]string
}

func (c *compared) fault(format string, args ...any) {
	c.Helper()
	c.Errorf("%s: "+format+"\n%.1500s", append(append([]any{c.name}, args...), c.copy.Text)...)
}

func (c *compared) sent() {
	c.Helper()
	switch {
	case c.copy.Text == "":
		return
	case c.got == nil:
		c.fault("it was not sent")
		return
	}
	got, head, body := *c.got, c.x.RequestHead, string(c.x.RequestBody.Bytes)
	c.said = map[export.NoteKind][]string{}
	for _, n := range c.copy.Notes {
		c.said[n.Kind] = append([]string{""}, n.Fields...)
	}
	wantLine, want := fieldsOf(string(head))
	gotLine, came := fieldsOf(got.head)
	if len(wantLine) != 3 || len(gotLine) != 3 || wantLine[0] != gotLine[0] {
		c.fault("%q became %q", wantLine, gotLine)
		return
	}
	noted := c.said[export.TargetChanged] != nil || c.said[export.TargetEncoded] != nil
	if wantLine[1] != gotLine[1] && !noted {
		c.fault("%q became %q", wantLine[1], gotLine[1])
	} else if noted && wantLine[1] == gotLine[1] {
		c.Logf("%s: the same target %q, in spite of the note", c.name, gotLine[1])
	}
	left := c.said[export.BodyRefused] != nil || c.said[export.BodyUnwritable] != nil || c.said[export.BodyTooLong] != nil ||
		c.said[export.BodyNotText] != nil
	if !left && got.body != body || left && got.body != "" {
		c.fault("body %.400q became %.400q, %v", body, got.body, c.copy.Notes)
	}
	counts := c.form == export.Wget || c.form == export.FetchNode || c.form == export.FetchBrowser // whatever came
	if (came["Transfer-Encoding"] != nil) != (want["Transfer-Encoding"] != nil) && len(body) > 0 && !left && !counts {
		c.fault("the body comes as %q, not %q", came["Transfer-Encoding"], want["Transfer-Encoding"])
	}
	delete(came, "Content-Length")
	delete(came, "Transfer-Encoding")
	delete(want, "Content-Length")
	delete(want, "Transfer-Encoding")
	c.fields(want, came)
}

// ofBrowsers are fields that a browser makes, whatever was captured.
var ofBrowsers = regexp.MustCompile(`^(Sec-.*|Accept|Accept-Encoding|Accept-Language|Connection|Keep-Alive|Te|User-Agent|` +
	`Pragma|Cache-Control)$`)

func (c *compared) fields(want, came map[string][]string) {
	c.Helper()
	lost := slices.Concat(c.said[export.FieldsUnwritable], c.said[export.FieldsRefused], c.said[export.FieldsLength])
	for name, values := range want {
		if name == "Cookie" {
			values = []string{strings.Join(values, "; ")} // crumbs (RFC 9113 section 8.2.3)
			came[name] = []string{strings.Join(came[name], "; ")}
		}
		joined := contains(c.said[export.FieldsJoined], name) && strings.Join(values, ", ") == strings.Join(came[name], ", ")
		if !slices.Equal(came[name], values) && !joined && !contains(lost, name) &&
			(c.form != export.FetchBrowser || !ofBrowsers.MatchString(name)) {
			c.fault("%s: %q became %q, %v", name, values, came[name], c.copy.Notes)
		}
	}
	for name := range came {
		if want[name] == nil && !contains(c.said[export.FieldsAdded], name) &&
			(c.form != export.FetchBrowser || !ofBrowsers.MatchString(name)) {
			c.fault("%s: %q is added, %v", name, came[name], c.copy.Notes)
		}
	}
	for _, name := range c.said[export.FieldsAdded] {
		if canonical := http.CanonicalHeaderKey(name); name != "" && (came[canonical] == nil || want[canonical] != nil) {
			c.fault("%s is said to be added: %q", name, came[canonical])
		}
	}
}

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// fieldsOf takes a head apart: the words of its first line, and all values by name.
func fieldsOf(head string) (line []string, fields map[string][]string) {
	lines := strings.Split(strings.TrimSuffix(head, "\r\n\r\n"), "\r\n")
	fields = map[string][]string{}
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		name = http.CanonicalHeaderKey(name)
		fields[name] = append(fields[name], strings.Trim(value, " \t"))
	}
	return strings.SplitN(lines[0], " ", 3), fields
}

var controls = regexp.MustCompile(`[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{80}-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{2028}\x{2029}]`)

// checkShown holds for every form, whatever was captured: nothing in it makes a
// terminal or an editor do anything, or is seen as something else.
func checkShown(t *testing.T, f export.Form, text string) {
	t.Helper()
	switch f {
	case export.CurlSh, export.Wget, export.HTTPie:
		checkText(t, text, export.Sh)
	case export.CurlCmd:
		checkText(t, text, export.Cmd)
	case export.CurlPowerShell:
		checkText(t, text, export.PowerShell)
	case export.Raw:
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	if at := controls.FindString(text); at != "" || strings.Contains(text, "\r") || strings.ToValidUTF8(text, "\ufffd") != text {
		t.Errorf("%s holds %q: %.300q", f, at, text)
	}
}
