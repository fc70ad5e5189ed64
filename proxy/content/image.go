package content

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // formats that are shown
	_ "image/jpeg" // the same
	_ "image/png"  // the same

	_ "golang.org/x/image/bmp"  // the same
	_ "golang.org/x/image/webp" // the same
)

// maxPixels bounds the pictures that are decoded: 4 bytes a pixel of memory.
const maxPixels = 32 << 20

// Picture decodes an image, of an animation the first frame.
func Picture(body []byte) (picture image.Image, format string, err error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil {
		return nil, "", errors.New("this image format is not known, or the image is damaged")
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPixels/config.Height {
		return nil, format, fmt.Errorf("%d × %d pixels are too many to show", config.Width, config.Height)
	}
	picture, _, err = image.Decode(bytes.NewReader(body))
	if err != nil {
		return nil, format, fmt.Errorf("the image is damaged: %w", err)
	}
	return picture, format, nil
}
