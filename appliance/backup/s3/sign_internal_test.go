package s3

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The examples of "Signature Calculations for the Authorization Header" in Amazon's reference of S3.
func TestSignaturesOfTheReference(t *testing.T) {
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for _, tt := range []struct {
		method, url string
		headers     map[string]string
		sum, want   string
	}{
		{"GET", "/test.txt", map[string]string{"Range": "bytes=0-9"}, empty,
			"f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{"PUT", "/test$file.text", map[string]string{"Date": "Fri, 24 May 2013 00:00:00 GMT",
			"x-amz-storage-class": "REDUCED_REDUNDANCY"},
			sum([]byte("Welcome to Amazon S3.")), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{"GET", "/?lifecycle", nil, empty, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{"GET", "/?max-keys=2&prefix=J", nil, empty,
			"34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	} {
		r, err := http.NewRequest(tt.method, "https://examplebucket.s3.amazonaws.com"+tt.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range tt.headers {
			r.Header.Set(name, value)
		}
		sign(r, "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", tt.sum,
			time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC))
		if got := r.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+tt.want) {
			t.Errorf("%s %s: %s", tt.method, tt.url, got)
		}
	}
}
