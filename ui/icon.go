package ui

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
)

//go:embed icons.json
var iconsFile []byte

// icons are the paths of the set by name, each drawn in a box of 24 by 24 units.
type icons map[string]string

func loadIcons() (icons, error) {
	var set icons
	if err := json.Unmarshal(iconsFile, &set); err != nil {
		return nil, fmt.Errorf("read the icons: %w", err)
	}
	return set, nil
}

// draw gives an icon as inline SVG in the colour of the text around it. An icon stands beside a word and is hidden from
// screen readers. A name that is not in the set is an error of the template.
func (s icons) draw(name string) (template.HTML, error) {
	path, ok := s[name]
	if !ok {
		return "", fmt.Errorf("there is no icon %q", name)
	}
	const frame = `<svg class="icon" width="18" height="18" viewBox="0 0 24 24" fill="none" stroke="currentColor" ` +
		`stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">`
	return template.HTML(frame + path + `</svg>`), nil //nolint:gosec // from the embedded file alone
}
