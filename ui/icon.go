package ui

import (
	"fmt"
	"html/template"
)

// icon draws one of the set as inline SVG, 24 by 24 units, in the colour of the text around it. An icon stands beside a word
// and is hidden from screen readers. A name that is not in the set is an error of the template.
func icon(name string) (template.HTML, error) {
	path := iconPath(name)
	if path == "" {
		return "", fmt.Errorf("there is no icon %q", name)
	}
	return template.HTML(`<svg class="icon" width="18" height="18" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">` + path + `</svg>`), nil //nolint:gosec // from the switch below alone
}

func iconPath(name string) string {
	switch name {
	case "alert":
		return `<path d="M12 3 1.8 20.5h20.4Z"/><path d="M12 10v4m0 3h.01"/>`
	case "archive":
		return `<path d="M3 4h18v5H3zm2 5v11h14V9m-9 4h4"/>`
	case "arrow-left":
		return `<path d="M19 12H5m6-6-6 6 6 6"/>`
	case "arrow-right":
		return `<path d="M5 12h14m-6-6 6 6-6 6"/>`
	case "bell":
		return `<path d="M6 9a6 6 0 0 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9m4 11a2.2 2.2 0 0 0 4 0"/>`
	case "book":
		return `<path d="M4 5a2 2 0 0 1 2-2h14v15H6a2 2 0 0 0-2 2Zm0 15a1.5 1.5 0 0 0 1.5 1H20v-3"/>`
	case "box":
		return `<path d="m12 2.5 9 4.5v10l-9 4.5L3 17V7Zm0 9.5 9-5m-9 5L3 7m9 5v9.5"/>`
	case "calendar":
		return `<path d="M4 5h16v16H4zm0 5h16M8 2.5v4m8-4v4"/>`
	case "certificate":
		return `<path d="M12 3 4 6v6c0 5 3.5 8 8 9 4.5-1 8-4 8-9V6Zm-3.5 8.5 2.5 2.5 4.5-4.5"/>`
	case "chat":
		return `<path d="M21 12a8.5 8.5 0 0 1-12.5 7.5L3 21l1.5-5A8.5 8.5 0 1 1 21 12Z"/>`
	case "check":
		return `<path d="m4.5 12.5 5 5 10-11"/>`
	case "chevron-down":
		return `<path d="m6 9 6 6 6-6"/>`
	case "clock":
		return `<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>`
	case "copy":
		return `<path d="M9 9h12v12H9zM5 15H3V3h12v2"/>`
	case "cpu":
		return `<path d="M6 6h12v12H6zm4 4h4v4h-4zM9 2.5V6m6-3.5V6M9 18v3.5m6-3.5v3.5M2.5 9H6m-3.5 6H6m12-6h3.5M18 15h3.5"/>`
	case "database":
		return `<ellipse cx="12" cy="5.5" rx="8" ry="3"/><path d="M4 5.5v13c0 1.7 3.6 3 8 3s8-1.3 8-3v-13M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3"/>`
	case "disk":
		return `<path d="M3 14h18v6H3zm0 0 3-10h12l3 10M7 17h.01m3.49 0h.01"/>`
	case "download":
		return `<path d="M12 3v12m-5-5 5 5 5-5M4 20.5h16"/>`
	case "edit":
		return `<path d="m4 20 1-4.5L16.5 4 20 7.5 8.5 19Z"/>`
	case "filter":
		return `<path d="M3 5h18l-7 8v6l-4 2v-8Z"/>`
	case "flow":
		return `<path d="M3 4h6v5H3zm12 11h6v5h-6zM6 9v3.5a5 5 0 0 0 5 5h4"/>`
	case "globe":
		return `<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c2.5 2.6 3.7 5.6 3.7 9S14.5 18.4 12 21c-2.5-2.6-3.7-5.6-3.7-9S9.5 5.6 12 3Z"/>`
	case "hand":
		return `<path d="M8 13V5.5a1.5 1.5 0 0 1 3 0V11m0-6.5a1.5 1.5 0 0 1 3 0V11m0-5a1.5 1.5 0 0 1 3 0v7c0 5-2 8-6 8-3.5 0-5-2-7-6.5-.7-1.6 1.4-2.8 2.5-1.5L8 15"/>`
	case "home":
		return `<path d="m3 11 9-8 9 8v10h-6v-6H9v6H3Z"/>`
	case "info":
		return `<circle cx="12" cy="12" r="9"/><path d="M12 11v5m0-8.5h.01"/>`
	case "link":
		return `<path d="M10 14a4.5 4.5 0 0 0 6.5.5l3-3A4.6 4.6 0 0 0 13 5l-1.5 1.5M14 10a4.5 4.5 0 0 0-6.5-.5l-3 3A4.6 4.6 0 0 0 11 19l1.5-1.5"/>`
	case "list":
		return `<path d="M8 6h13M8 12h13M8 18h13M3.5 6h.01m-.01 6h.01m-.01 6h.01"/>`
	case "lock":
		return `<path d="M5 11h14v10H5zm3 0V7.5a4 4 0 0 1 8 0V11"/>`
	case "logout":
		return `<path d="M9 3.5H4v17h5M15 8l4.5 4-4.5 4m4.5-4H9"/>`
	case "menu":
		return `<path d="M4 6.5h16M4 12h16M4 17.5h16"/>`
	case "message-in":
		return `<path d="M4 4h16v13H10l-5 4v-4H4Zm8 3v7m-3-3 3 3 3-3"/>`
	case "message-out":
		return `<path d="M4 4h16v13H10l-5 4v-4H4Zm8 10V7m-3 3 3-3 3 3"/>`
	case "pause":
		return `<path d="M8 5v14m8-14v14"/>`
	case "phone":
		return `<path d="M7 2.5h10v19H7zM11 18.5h2"/>`
	case "play":
		return `<path d="M7 4.5v15l12-7.5Z"/>`
	case "plus":
		return `<path d="M12 5v14m-7-7h14"/>`
	case "qr":
		return `<path d="M4 4h6v6H4zm10 0h6v6h-6zM4 14h6v6H4zm10 0h2m4 0v2m-6 4v-2m3 2h3v-1"/>`
	case "restart":
		return `<path d="M20 5v5h-5m4.5 0A8 8 0 1 0 20 14"/>`
	case "search":
		return `<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>`
	case "send":
		return `<path d="M3 11.5 21 3l-7 18-3-7.5Zm8 2L21 3"/>`
	case "settings":
		return `<path d="M4 7h9m5 0h2M4 17h2m5 0h9"/><circle cx="15.5" cy="7" r="2.5"/><circle cx="8.5" cy="17" r="2.5"/>`
	case "shield":
		return `<path d="M12 3 4 6v6c0 5 3.5 8 8 9 4.5-1 8-4 8-9V6Z"/>`
	case "shop":
		return `<path d="M4 10v11h16V10M2.5 9 5 3h14l2.5 6a3 3 0 0 1-6 0 3.5 3.5 0 0 1-7 0 3 3 0 0 1-6 0Zm7 12v-6h5v6"/>`
	case "stop":
		return `<path d="M6 6h12v12H6z"/>`
	case "support":
		return `<path d="M4 14v-2a8 8 0 0 1 16 0v2M4 14h3.5v6H4zm12.5 0H20v6h-3.5zM20 20c0 1.5-2 2-5 2"/>`
	case "trash":
		return `<path d="M4 7h16M9 7V3.5h6V7M6 7l1 14h10l1-14M10 11v6m4-6v6"/>`
	case "undo":
		return `<path d="M8 5 3.5 9.5 8 14M4 9.5h10a5.5 5.5 0 0 1 0 11h-3"/>`
	case "user":
		return `<circle cx="12" cy="8" r="4.5"/><path d="M4 21c.5-4 3.5-6 8-6s7.5 2 8 6"/>`
	case "users":
		return `<circle cx="9" cy="8" r="4"/><path d="M2 20.5c.5-4 3-5.5 7-5.5s6.5 1.5 7 5.5M16 4.2a4 4 0 0 1 0 7.6m2 3.6c2.5.6 3.7 2.3 4 5.1"/>`
	case "x":
		return `<path d="m5.5 5.5 13 13m0-13-13 13"/>`
	}
	return ""
}
