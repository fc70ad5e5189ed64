package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"debug/pe"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unicode/utf16"
)

// packages builds the packages from what the other steps compiled, and tries
// the Debian one in its own root.
func (r *runner) packages() {
	if runtime.GOOS != "linux" {
		r.check("packages", func() error { return skip("they are tested on Linux") })
		return
	}
	stage, err := os.MkdirTemp("", "posthouse-packages-")
	if err != nil {
		r.check("packages", func() error { return err })
		return
	}
	defer func() { _ = os.RemoveAll(stage) }()
	out := filepath.Join(stage, "out")
	built := false
	r.check("packages, built twice with the same bytes", func() error {
		err := r.buildTwice(stage, out)
		built = err == nil
		return err
	})
	if !built {
		return
	}
	r.check("the Windows programs have icon, version and manifest", func() error { return checkWindows(out) })
	deb, err := filepath.Glob(filepath.Join(out, "*.deb"))
	if err != nil || len(deb) != 1 {
		r.check("the .deb", func() error { return missing("there is none: dpkg-deb is missing") })
		return
	}
	r.check("the .deb's metadata", func() error { return r.checkMetadata(stage, deb[0]) })
	r.check("lintian", func() error { return r.lintian(deb[0]) })
	r.check("the .deb's dependencies can be had", func() error { return r.checkDepends(stage, deb[0]) })
	r.check("the .deb installed, used and removed in an empty root", func() error { return r.tryDeb(filepath.Join(stage, "root"), deb[0]) })
	r.check("the .deb installed by apt in a fresh Debian", func() error { return r.tryDebian(deb[0]) })
}

func (r *runner) buildTwice(stage, out string) error {
	var sums [2][]byte
	var env []string
	for _, flags := range unrun("windows") { // Linux' programs are run
		env = append(env, "WINDOWS_"+flags)
	}
	for i, dir := range []string{out, filepath.Join(stage, "again")} {
		if _, err := r.build(env, ".ci/package", "-quick", dir); err != nil {
			return err
		}
		var err error
		if sums[i], err = os.ReadFile(filepath.Join(dir, "SHA256SUMS")); err != nil {
			return err
		}
	}
	if !bytes.Equal(sums[0], sums[1]) {
		return fmt.Errorf("they differ:\n%s\n%s", sums[0], sums[1])
	}
	return nil
}

// checkWindows looks into the programs of the zip.
func checkWindows(out string) error {
	zips, _ := filepath.Glob(filepath.Join(out, "*-windows-*.zip"))
	if len(zips) != 1 {
		return missing("there is no zip: x86_64-w64-mingw32-gcc is missing (Debian: gcc-mingw-w64-x86-64)")
	}
	z, err := zip.OpenReader(zips[0])
	if err != nil {
		return err
	}
	defer func() { _ = z.Close() }()
	seen := 0
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".exe") {
			continue
		}
		seen++
		if err := checkResources(f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	if seen != 2 {
		return fmt.Errorf("the zip has %d programs, want 2", seen)
	}
	return nil
}

func checkResources(f *zip.File) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	program, err := io.ReadAll(in)
	if err = errors.Join(err, in.Close()); err != nil {
		return err
	}
	p, err := pe.NewFile(bytes.NewReader(program))
	if err != nil {
		return err
	}
	section := p.Section(".rsrc")
	if section == nil {
		return errors.New("it has no resources")
	}
	data, err := section.Data()
	if err != nil {
		return err
	}
	for what, part := range map[string][]byte{
		"version": wide("ProductVersion"), "name": wide("Posthouse"), "manifest": []byte("longPathAware"),
		"icon": []byte("\x89PNG\r\n\x1a\n"),
	} {
		if !bytes.Contains(data, part) {
			return errors.New("its resources have no " + what)
		}
	}
	return nil
}

// wide is a text as Windows resources have it.
func wide(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// debFiles must be in the Debian package.
var debFiles = []string{
	"usr/bin/posthouse", "usr/bin/posthoused", "usr/share/applications/io.github.posthouse.Posthouse.desktop",
	"usr/share/metainfo/io.github.posthouse.Posthouse.metainfo.xml", "usr/share/man/man1/posthouse.1.gz",
	"usr/share/man/man1/posthoused.1.gz",
	"usr/share/icons/hicolor/48x48/apps/io.github.posthouse.Posthouse.png",
	"usr/share/icons/hicolor/scalable/apps/io.github.posthouse.Posthouse.svg",
	"usr/share/mime/packages/io.github.posthouse.Posthouse.xml",
	"usr/share/icons/hicolor/48x48/mimetypes/application-vnd.posthouse.session.png",
	"usr/share/doc/posthouse/copyright", "usr/share/doc/posthouse/changelog.gz",
}

func (r *runner) checkMetadata(stage, deb string) error {
	root := filepath.Join(stage, "unpacked")
	if _, err := r.command(nil, "dpkg-deb", "-x", deb, root); err != nil {
		return err
	}
	for _, name := range debFiles {
		if info, err := os.Stat(filepath.Join(root, name)); err != nil || info.Size() == 0 {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	app := filepath.Join(root, "usr/share")
	for _, tool := range [][]string{
		{"desktop-file-validate", filepath.Join(app, "applications/io.github.posthouse.Posthouse.desktop")},
		{"appstreamcli", "validate", "--no-net", filepath.Join(app, "metainfo/io.github.posthouse.Posthouse.metainfo.xml")},
		{"man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", filepath.Join(app, "man/man1/posthouse.1.gz"),
			filepath.Join(app, "man/man1/posthoused.1.gz")},
	} {
		if _, err := exec.LookPath(tool[0]); err != nil {
			continue
		}
		out, err := r.command([]string{"MANWIDTH=80", "LC_ALL=C.UTF-8"}, tool[0], tool[1:]...)
		if err != nil || tool[0] == "man" && strings.Contains(out, "warning") {
			return fmt.Errorf("%s: %w\n%s", tool[0], err, out)
		}
	}
	return nil
}

// Not ours to follow: Go programs are static, and this is no upload to Debian.
var lintianIgnored = []string{"statically-linked-binary", "initial-upload-closes-no-bugs", "hardening-no-pie", "hardening-no-relro",
	"hardening-no-bindnow", "no-symbols-control-file"}

func (r *runner) lintian(deb string) error {
	if _, err := exec.LookPath("lintian"); err != nil {
		return skip("lintian is not installed")
	}
	_, err := r.command(nil, "lintian", "--allow-root", "--no-cfg", "--fail-on", "error,warning", "--suppress-tags",
		strings.Join(lintianIgnored, ","), deb)
	return err
}

// checkDepends has apt plan the installation on a system that has nothing.
func (r *runner) checkDepends(stage, deb string) error {
	if lists, _ := filepath.Glob("/var/lib/apt/lists/*_Packages*"); len(lists) == 0 {
		return skip("apt knows no packages here (apt-get update)")
	}
	status := filepath.Join(stage, "status")
	if err := os.WriteFile(status, nil, 0o644); err != nil {
		return err
	}
	out, err := r.command(nil, "apt-get", "--simulate", "--no-install-recommends", "-o", "Dir::State::status="+status, "install", deb)
	if err == nil && !strings.Contains(out, "Inst libgl1 ") {
		err = errors.New("libgl1 would not be installed:\n" + out)
	}
	return err
}

// asRoot is what goes before a command that needs to be root within its own root.
func asRoot() ([]string, error) {
	if os.Getuid() == 0 {
		return nil, nil
	}
	for _, prefix := range [][]string{{"sudo", "-n"}, {"unshare", "--map-root-user", "--map-auto"}, {"unshare", "--map-root-user"}} {
		if exec.Command(prefix[0], append(prefix[1:], "true")...).Run() == nil {
			return prefix, nil
		}
	}
	return nil, missing("it needs root, sudo without a password, or user namespaces")
}

// tryDeb installs the package into an empty root, has posthoused answer from
// within it, and removes the package. Dependencies are left to checkDepends:
// posthoused needs none.
func (r *runner) tryDeb(root, deb string) error {
	prefix, err := asRoot()
	if err != nil {
		return err
	}
	run := func(args ...string) (string, error) {
		args = append(append([]string{}, prefix...), args...)
		return r.command(nil, args[0], args[1:]...)
	}
	for _, dir := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "var/log", "tmp", "etc"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o644); err != nil {
		return err
	}
	defer func() {
		if len(prefix) > 0 {
			_, _ = run("rm", "-rf", root)
		}
	}()
	dpkg := []string{"dpkg", "--root=" + root, "--log=/dev/null", "--force-depends,script-chrootless"}
	if _, err := run(append(dpkg, "--install", deb)...); err != nil {
		return err
	}
	if out, err := run("dpkg", "--root="+root, "--verify", "posthouse"); err != nil || out != "" {
		return fmt.Errorf("what was installed differs from the package: %w\n%s", err, out)
	}
	// The app is linked to libraries of this machine's.
	if out, err := r.command(nil, filepath.Join(root, "usr/bin/posthouse"), "-version"); err != nil ||
		!strings.HasPrefix(out, "posthouse ") {
		return fmt.Errorf("posthouse -version: %w\n%s", err, out)
	}
	if err := r.useInstalled(prefix, root); err != nil {
		return err
	}
	if _, err := run(append(dpkg, "--purge", "posthouse")...); err != nil {
		return err
	}
	return nothingLeft(root)
}

// tryDebian makes a small Debian (or Ubuntu) of the running one's release and has
// apt install the package there with all that it depends on, and remove it. That
// downloads some 100 MB and takes minutes: only where it is asked for.
func (r *runner) tryDebian(deb string) error {
	suite := os.Getenv("POSTHOUSE_DEBIAN")
	if suite == "" {
		return skip("it takes minutes; POSTHOUSE_DEBIAN=bookworm (or another release) asks for it")
	}
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		return missing("mmdebstrap is missing")
	}
	const inside = `export DEBIAN_FRONTEND=noninteractive
		apt-get install -y --no-install-recommends /tmp/posthouse.deb && posthouse -version && posthoused -version &&
		apt-get purge -y posthouse && ! find /usr /etc /var /opt -name "*posthouse*" -not -path "/var/cache/*" | grep .`
	_, err := r.command(nil, "mmdebstrap", "--variant=apt", "--customize-hook=copy-in "+filepath.Dir(deb)+" /tmp",
		`--customize-hook=chroot "$1" sh -ec 'mv /tmp/*/*.deb /tmp/posthouse.deb; `+inside+`'`, suite, "/dev/null")
	return err
}

// nothingLeft reports what a removed package left behind.
func nothingLeft(root string) error {
	var left []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if name, _ := filepath.Rel(root, path); err == nil && !d.IsDir() && !strings.HasPrefix(name, "var/") {
			left = append(left, name)
		}
		return err
	})
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("left behind: %q", left)
	}
	return err
}

// useInstalled asks an origin through the posthoused of the root.
func (r *runner) useInstalled(prefix []string, root string) error {
	origin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = origin.Close() }()
	go answerAll(origin)
	args := append(append([]string{}, prefix...), "chroot", root, "/usr/bin/posthoused", "-listen", "127.0.0.1:0", "-events", "none")
	cmd := r.prepare([]string{"HOME=/", "XDG_CONFIG_HOME=/etc"}, args[0], args[1:])
	errs, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	kill := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	lines := bufio.NewScanner(errs)
	addr, said := "", ""
	for addr == "" && lines.Scan() {
		said += lines.Text() + "\n"
		addr, _ = strings.CutPrefix(lines.Text(), "listening on ")
		if addr == lines.Text() {
			addr = ""
		}
	}
	if addr == "" {
		return errors.Join(fmt.Errorf("posthoused does not listen: %s", said), cmd.Wait())
	}
	_, err = r.command(nil, "curl", "-sS", "--fail", "--max-time", "10", "--noproxy", "", "-x", "http://"+addr,
		"http://"+origin.Addr().String()+"/")
	err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM))
	for lines.Scan() { // until it ends
	}
	return errors.Join(err, cmd.Wait())
}

// answerAll is an origin.
func answerAll(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		_, _ = bufio.NewReader(c).ReadString('\n')
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c)
		_ = c.Close()
	}
}
