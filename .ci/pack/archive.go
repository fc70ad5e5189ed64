package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// entry is a file or directory of an archive.
type entry struct {
	name string // with slashes, below the name of the packed directory
	path string
	dir  bool
	mode fs.FileMode // 0755 for directories and programs, else 0644
	size int64
}

// entries lists what is in dir, in the order of the names.
func entries(dir string) ([]entry, error) {
	var all []entry
	parent := filepath.Dir(filepath.Clean(dir))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() && !d.IsDir() {
			return fmt.Errorf("%s is neither file nor directory", path)
		}
		name, err := filepath.Rel(parent, path)
		if err != nil {
			return err
		}
		e := entry{name: filepath.ToSlash(name), path: path, dir: d.IsDir(), mode: 0o644, size: info.Size()}
		if d.IsDir() || info.Mode()&0o100 != 0 || strings.HasSuffix(path, ".exe") {
			e.mode = 0o755
		}
		all = append(all, e)
		return nil
	})
	return all, err
}

// create writes a file by way of write, and removes it if that fails.
func create(path string, write func(io.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(path)
		}
	}()
	return write(f)
}

func writeTar(out, dir string, at time.Time) error {
	all, err := entries(dir)
	if err != nil {
		return err
	}
	return create(out, func(w io.Writer) error {
		if !strings.HasSuffix(out, ".gz") {
			return tarTo(w, all, at)
		}
		z, _ := gzip.NewWriterLevel(w, gzip.BestCompression) // without a name or a time
		return errors.Join(tarTo(z, all, at), z.Close())
	})
}

func tarTo(w io.Writer, all []entry, at time.Time) error {
	t := tar.NewWriter(w)
	for _, e := range all {
		h := &tar.Header{Name: e.name, Mode: int64(e.mode), ModTime: at, Typeflag: tar.TypeReg, Size: e.size, Format: tar.FormatUSTAR,
			Uname: "root", Gname: "root"}
		if e.dir {
			h.Name, h.Typeflag, h.Size = e.name+"/", tar.TypeDir, 0
		}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if err := copyTo(t, e); err != nil {
			return err
		}
	}
	return t.Close()
}

func writeZip(out, dir string, at time.Time) error {
	all, err := entries(dir)
	if err != nil {
		return err
	}
	return create(out, func(w io.Writer) error {
		z := zip.NewWriter(w)
		for _, e := range all {
			if e.dir {
				continue
			}
			h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: at}
			h.SetMode(e.mode)
			f, err := z.CreateHeader(h)
			if err != nil {
				return err
			}
			if err := copyTo(f, e); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

func copyTo(w io.Writer, e entry) error {
	if e.dir {
		return nil
	}
	f, err := os.Open(e.path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = io.Copy(w, f)
	return err
}

const sumsName = "SHA256SUMS"

// writeSums writes what sha256sum -c reads.
func writeSums(dir string) error {
	names, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, n := range names {
		if !n.Type().IsRegular() || n.Name() == sumsName {
			continue
		}
		f, err := os.Open(filepath.Join(dir, n.Name()))
		if err != nil {
			return err
		}
		sum := sha256.New()
		_, err = io.Copy(sum, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sum.Sum(nil), n.Name())
	}
	return os.WriteFile(filepath.Join(dir, sumsName), []byte(b.String()), 0o644)
}
