package pgtest

// New starts a server for a program that is no test, which may stop and start it as it likes, and must Close it.
func New() (*Server, error) { return start() }

// Durable starts a server whose commits reach the disk, as those of a real one do, in a folder that it makes in parent,
// whose path must be short. It is for benches.
func Durable(parent string) (*Server, error) {
	dir, err := newFolder(parent)
	if err != nil {
		return nil, err
	}
	return startIn(dir, true)
}

// Create makes an empty database and gives its address. The name must need no quotes.
func (s *Server) Create(name string) (dsn string, err error) {
	if err := s.exec("CREATE DATABASE " + name); err != nil {
		return "", err
	}
	return s.address(name), nil
}

// Close ends the server and removes all that it kept.
func (s *Server) Close() { s.destroy() }
