package ui

import (
	"bytes"
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

// Stylesheet and script are written in parts, by subject, and served as one file each.
var joinedAssets = [...]struct{ name, parts string }{
	{"app.css", "assets/css/*.css"},
	{"app.js", "assets/js/*.js"},
}

// assets are the embedded files under names that change with their content, so that a browser may keep them for good.
type assets struct {
	hashed   map[string]string // app.css → /assets/app.1a2b3c4d.css
	files    map[string]asset  // by hashed name
	compress compressor
}

// asset is one file as it goes over the wire.
type asset struct {
	kind string
	data []byte
}

func loadAssets(compress compressor) (*assets, error) {
	a := &assets{hashed: map[string]string{}, files: map[string]asset{}, compress: compress}
	for _, j := range joinedAssets {
		data, err := join(j.parts)
		if err != nil {
			return nil, err
		}
		a.add(j.name, data)
	}
	single, err := fs.Glob(assetFiles, "assets/*.*")
	if err != nil {
		return nil, fmt.Errorf("list assets: %w", err)
	}
	for _, file := range single {
		data, err := assetFiles.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read asset: %w", err)
		}
		a.add(path.Base(file), data)
	}
	return a, nil
}

// join gives the parts that match, in the order of their names.
func join(pattern string) ([]byte, error) {
	parts, err := fs.Glob(assetFiles, pattern)
	if err != nil {
		return nil, fmt.Errorf("list assets: %w", err)
	}
	var all bytes.Buffer
	for _, p := range parts {
		data, err := assetFiles.ReadFile(p)
		if err != nil {
			return nil, fmt.Errorf("read asset: %w", err)
		}
		all.Write(data)
		all.WriteByte('\n')
	}
	return all.Bytes(), nil
}

func (a *assets) add(name string, data []byte) {
	sum := sha256.Sum256(data)
	stem, ext, _ := strings.Cut(name, ".")
	hashed := fmt.Sprintf("%s.%s.%s", stem, hex.EncodeToString(sum[:4]), ext)
	a.hashed[name] = "/assets/" + hashed
	a.files[hashed] = asset{kind: mime.TypeByExtension(path.Ext(name)), data: data}
}

func (a *assets) url(name string) (string, error) {
	u, ok := a.hashed[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return u, nil
}

func (a *assets) serve(c *gin.Context) {
	file, ok := a.files[c.Param("name")]
	if !ok {
		c.String(http.StatusNotFound, "no such file")
		return
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Header("Content-Type", file.kind)
	a.compress.send(c.Writer, c.Request, http.StatusOK, file.data)
}
