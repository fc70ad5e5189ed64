// Command gen draws the PNGs in ../png from the SVG sources in ../svg. Run it
// with go generate in assets; a test fails when the files are out of date.
package main

import (
	"bytes"
	"fmt"
	"image/png"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("gen: ")
	if err := generate("."); err != nil {
		log.Fatal(err)
	}
}

// generate draws every icon; dir is the assets directory.
func generate(dir string) error {
	for _, icon := range icons {
		svg, err := os.ReadFile(filepath.Join(dir, "svg", icon.name+".svg"))
		if err != nil {
			return err
		}
		for _, size := range icon.sizes {
			img, err := render(svg, size)
			if err != nil {
				return fmt.Errorf("%s: %w", icon.name, err)
			}
			var out bytes.Buffer
			encoder := png.Encoder{CompressionLevel: png.BestCompression}
			if err := encoder.Encode(&out, img); err != nil {
				return fmt.Errorf("%s: %w", icon.name, err)
			}
			if err := os.WriteFile(filepath.Join(dir, pngPath(icon.name, size)), out.Bytes(), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
