package wasim

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"go.mau.fi/whatsmeow"
)

// media is a file that a customer sent. It follows from the message's id, so that nothing needs to be stored: a
// download makes it again.
type media struct {
	id   string
	kind Kind
}

// file is what the client finds after decryption: a mark of its format and the message's id, not a picture to look at.
func (m media) file() []byte {
	switch m.kind {
	case KindVoice:
		return []byte("OggS simulated voice " + m.id)
	case KindSticker:
		return []byte("RIFF....WEBP simulated sticker " + m.id)
	}
	return []byte("\xff\xd8\xff\xe0 simulated image " + m.id)
}

func (m media) key() []byte {
	sum := sha256.Sum256([]byte("media:" + m.id))
	return sum[:]
}

// mediaQuery ends every path, because clients append to it with &.
const mediaQuery = "?ccb=11-4"

func (m media) path() string { return "/v/t62.7118-24/" + string(m.kind) + "/" + m.id + mediaQuery }

func (m media) url() string { return "https://mmg.whatsapp.net" + m.path() }

// sealed is the file as the media servers hold it: AES-CBC, then ten bytes of a MAC.
func (m media) sealed() []byte {
	class := whatsmeow.MediaImage
	if m.kind == KindVoice {
		class = whatsmeow.MediaAudio
	}
	keys, err := hkdf.Key(sha256.New, m.key(), nil, string(class), 112)
	if err != nil {
		panic(fmt.Sprintf("wasim: hkdf of 112 bytes: %v", err))
	}
	iv, cipherKey, macKey := keys[:16], keys[16:48], keys[48:80]
	block, err := aes.NewCipher(cipherKey)
	if err != nil {
		panic(fmt.Sprintf("wasim: AES key: %v", err))
	}
	file := m.file()
	fill := aes.BlockSize - len(file)%aes.BlockSize
	file = append(file, bytes.Repeat([]byte{byte(fill)}, fill)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(file, file)
	mac := hmac.New(sha256.New, macKey)
	mac.Write(iv)
	mac.Write(file)
	return append(file, mac.Sum(nil)[:10]...)
}

func (m media) hashes() (plain, sealed []byte) {
	a, b := sha256.Sum256(m.file()), sha256.Sum256(m.sealed())
	return a[:], b[:]
}

// serveMedia gives out the files of customers' messages.
func (s *Server) serveMedia(w http.ResponseWriter, r *http.Request) {
	m := media{id: r.PathValue("id"), kind: Kind(r.PathValue("kind"))}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(m.sealed())
}

const (
	maxUpload  = 16 << 20
	maxUploads = 64 // kept, the oldest goes first
)

// upload is a file that a client sent, still sealed.
type upload struct {
	path string
	body []byte
}

// takeUpload keeps a client's file for a while and says where it is.
func (s *Server) takeUpload(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpload))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	path := "/o1/" + strings.Trim(r.PathValue("token"), "=")
	s.mu.Lock()
	s.uploads = append(s.uploads, upload{path, body})
	if len(s.uploads) > maxUploads {
		s.uploads = s.uploads[1:]
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"url": "https://mmg.whatsapp.net" + path + mediaQuery,
		"direct_path": path + mediaQuery})
}

// serveUpload gives a client's file back.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.uploads {
		if u.path == r.URL.Path {
			_, _ = w.Write(u.body)
			return
		}
	}
	http.NotFound(w, r)
}
