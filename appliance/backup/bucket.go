package backup

import (
	"context"
	"io"
	"path"
	"strings"
	"time"

	"flowhq"
	"flowhq/appliance/backup/s3"
)

// Bucket is S3-compatible storage.
type Bucket struct {
	client *s3.Client
	name   string
	prefix string // "" or ending in "/"
}

var _ Place = (*Bucket)(nil)

// NewBucket makes a place of an address s3://bucket/prefix; c names the rest.
func NewBucket(address string, c s3.Config) (*Bucket, error) {
	rest, _ := strings.CutPrefix(address, "s3://")
	name, prefix, _ := strings.Cut(rest, "/")
	if name == "" {
		return nil, flowhq.Errorf(flowhq.CodeInvalid,
			"An address of S3 storage is written s3://bucket or s3://bucket/folder.")
	}
	c.Bucket = name
	client, err := s3.New(c)
	if err != nil {
		return nil, err
	}
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return &Bucket{client: client, name: name, prefix: prefix}, nil
}

func (b *Bucket) String() string { return "s3://" + b.name + "/" + b.prefix }

// unfinishedAfter is when an upload that did not end is taken for one whose backup was killed.
const unfinishedAfter = 48 * time.Hour

func (b *Bucket) Create(ctx context.Context, name string) (Upload, error) {
	_ = b.client.Unfinished(ctx, b.prefix, time.Now().Add(-unfinishedAfter)) // not every server can, or lets us
	up, err := b.client.Create(ctx, b.prefix+name)
	if err != nil {
		return nil, err // and not an Upload that holds nothing
	}
	return up, nil
}

func (b *Bucket) List(ctx context.Context) ([]flowhq.Backup, error) {
	objects, err := b.client.List(ctx, b.prefix+"flowhq-")
	if err != nil {
		return nil, err
	}
	var out []flowhq.Backup
	for _, o := range objects {
		if one, ok := parseName(strings.TrimPrefix(o.Key, b.prefix)); ok {
			one.Size = o.Size
			out = append(out, one)
		}
	}
	newestFirst(out)
	return out, nil
}

func (b *Bucket) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	return b.client.Open(ctx, b.prefix+path.Base(name))
}

func (b *Bucket) Remove(ctx context.Context, name string) error {
	return b.client.Delete(ctx, b.prefix+path.Base(name))
}
