package supervisor

import (
	"encoding/base64"
	"fmt"

	"rsc.io/qr"
)

// minPicture is the least width of a QR picture in pixels: smaller ones do not scan from a cheap screen.
const minPicture = 512

// quietZone is the white margin around a code, in modules on each side, that the picture has by the standard.
const quietZone = 4

// qrPicture gives a QR code as a data URL of a PNG of at least minPicture pixels.
func qrPicture(text string) (string, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return "", fmt.Errorf("drawing the QR code: %w", err)
	}
	modules := code.Size + 2*quietZone
	code.Scale = (minPicture + modules - 1) / modules
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG()), nil
}
