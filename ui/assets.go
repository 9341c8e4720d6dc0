package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
)

//go:embed assets
var assetFiles embed.FS

// assets are the embedded files under names that change with their content, so that a browser may keep them for good.
type assets struct {
	hashed map[string]string // app.css → app.1a2b3c4d.css
	files  map[string][]byte // by hashed name
}

func loadAssets() (*assets, error) {
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		return nil, fmt.Errorf("list assets: %w", err)
	}
	a := &assets{hashed: map[string]string{}, files: map[string][]byte{}}
	for _, e := range entries {
		data, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read asset: %w", err)
		}
		sum := sha256.Sum256(data)
		stem, ext, _ := strings.Cut(e.Name(), ".")
		name := fmt.Sprintf("%s.%s.%s", stem, hex.EncodeToString(sum[:4]), ext)
		a.hashed[e.Name()] = "/assets/" + name
		a.files[name] = data
	}
	return a, nil
}

func (a *assets) url(name string) (string, error) {
	u, ok := a.hashed[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return u, nil
}

func (a *assets) serve(c *gin.Context) {
	name := c.Param("name")
	data, ok := a.files[name]
	if !ok {
		c.String(http.StatusNotFound, "no such file")
		return
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Data(http.StatusOK, mime.TypeByExtension(path.Ext(name)), data)
}
