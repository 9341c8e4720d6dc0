package flowhq

import "time"

// AdminSession is one signed-in browser of an admin. Only a hash of its cookie is kept.
type AdminSession struct {
	ID         string
	TokenHash  []byte // SHA-256 of the cookie's value
	Address    string
	UserAgent  string
	CreatedAt  time.Time
	LastSeenAt time.Time
	ExpiresAt  time.Time
}

// AdminSessionQuery asks for signed-in browsers, last seen first. The zero value is all, those that ended too.
type AdminSessionQuery struct {
	PageQuery           // Before by LastSeenAt
	Alive     time.Time // only those that end after; zero: any
	SeenSince time.Time // only those last seen after; zero: any
}
