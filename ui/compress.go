package ui

import (
	"net/http"
	"strconv"

	"github.com/klauspost/compress/gzhttp"
)

// Lines are slow where these pages are read: what is larger than a packet goes compressed. What a page shows of others'
// texts, and what is secret in it (nothing but QR codes), never depends on what the address says, so its length tells
// nobody anything.
const compressFrom = 1400 // bytes

// compressor wraps a handler so that its answer goes by gzip to who takes it.
type compressor func(http.Handler) http.HandlerFunc

func newCompressor() (compressor, error) {
	// zstd would save a tenth more and holds megabytes for each writer.
	return gzhttp.NewWrapper(gzhttp.MinSize(compressFrom), gzhttp.CompressionLevel(5), gzhttp.EnableZstd(false))
}

// send writes a whole body.
func (wrap compressor) send(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = w.Write(body) // a reader who went away is nobody's fault
	})).ServeHTTP(w, r)
}
