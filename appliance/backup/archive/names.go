package archive

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"
)

func bytesReader(b []byte) io.Reader { return bytes.NewReader(b) }

func chunkName(table string, n int) string { return fmt.Sprintf("database/%s/%06d.jsonl", table, n) }

// tableOf gives the table whose rows an entry holds.
func tableOf(name string) (table string, ok bool) {
	rest, ok := strings.CutPrefix(name, "database/")
	if !ok {
		return "", false
	}
	table, _, ok = strings.Cut(rest, "/")
	return table, ok && table != ""
}

// fileOf gives the tenant and the base name of a tenant's file. Names that could lead out of a folder are none.
func fileOf(name string) (tenant, file string, ok bool) {
	rest, ok := strings.CutPrefix(name, "tenants/")
	if !ok {
		return "", "", false
	}
	tenant, file, ok = strings.Cut(rest, "/")
	return tenant, file, ok && plainName(tenant) && plainName(file)
}

func plainName(name string) bool {
	return name != "" && name != "." && name != ".." && path.Base(name) == name && !strings.ContainsAny(name, "/\\\x00")
}
