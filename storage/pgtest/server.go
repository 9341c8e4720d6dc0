package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// nobody is whom the server runs as when the test is root, whom PostgreSQL refuses.
	nobody = 65534
	// startTime bounds how long initdb and a start may take.
	startTime = 60 * time.Second
	// roomNeeded is how much space a folder must have to be taken.
	roomNeeded = 1 << 30
)

// missing is what a test fails with where PostgreSQL is not installed.
const missing = "these tests need PostgreSQL's server programs (initdb, postgres), which are neither in PATH nor in " +
	"/usr/lib/postgresql/*/bin: " +
	"install them with \"apt-get install postgresql\" (no server has to run)"

// Server is a private PostgreSQL server.
type Server struct {
	bin, dir string
	durable  bool
	port     int            // on loopback beside the socket; 0: none
	watchdog io.WriteCloser // told the server's pid; ends the server and removes dir when it is closed
	cmd      *exec.Cmd
	gone     chan struct{} // closed when the present server process has ended
}

func start() (*Server, error) {
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	return startIn(dir, false)
}

func startIn(dir string, durable bool) (*Server, error) { return startAt(dir, durable, 0) }

// startAt also listens on a loopback port, unless that is 0.
func startAt(dir string, durable bool, port int) (*Server, error) {
	bin, err := programs(debian)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &Server{bin: bin, dir: dir, durable: durable, port: port}
	if s.watchdog, err = watch(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.initialize(); err != nil {
		return nil, errors.Join(err, s.watchdog.Close())
	}
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, s.watchdog.Close())
	}
	return s, nil
}

// debian is where Debian's and Ubuntu's packages keep the programs of each version, out of PATH.
const debian = "/usr/lib/postgresql/*/bin/initdb"

// programs finds the folder of initdb and postgres: in PATH, else of the newest version among others.
func programs(others string) (string, error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if _, err := exec.LookPath("postgres"); err == nil {
			return filepath.Dir(initdb), nil
		}
	}
	found, err := filepath.Glob(others)
	if err != nil || len(found) == 0 {
		return "", errors.New(missing)
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // 0 for a name that is no number
		return n
	}
	best := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(best), nil
}

// folder makes the server's folder, in memory where there is room: its path must be short, for the socket is in it.
func folder() (string, error) {
	parent := os.TempDir()
	var fs syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &fs); err == nil && int64(fs.Bavail)*fs.Bsize > roomNeeded &&
		syscall.Access("/dev/shm", 2) == nil {
		parent = "/dev/shm"
	}
	return newFolder(parent)
}

func newFolder(parent string) (string, error) {
	dir, err := os.MkdirTemp(parent, "pgtest")
	if err != nil {
		return "", err
	}
	if os.Getuid() == 0 {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			return "", errors.Join(err, os.RemoveAll(dir))
		}
	}
	return dir, nil
}

// watch starts the watchdog: a shell that reads pids until this process closes the pipe, or is dead, and then kills the
// last one and removes the folder.
func watch(dir string) (io.WriteCloser, error) {
	const script = `pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  kill -QUIT "$pid" 2>/dev/null
  n=0
  while kill -0 "$pid" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.05; n=$((n+1)); done
  kill -KILL "$pid" 2>/dev/null
fi
rm -rf "$1"`
	cmd := exec.Command("/bin/sh", "-c", script, "pgtest-watchdog", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is for the test
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() { _ = cmd.Wait() }() // collects it where the test goes on without the server
	return pipe, nil
}

func (s *Server) initialize() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	cmd := s.command(ctx, "initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
		"--no-sync", "--no-instructions",
		"--wal-segsize="+s.segment())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// segment is the size of a file of the write-ahead log in MB: small files make a fresh server small, big ones a busy
// one quick.
func (s *Server) segment() string {
	if s.durable {
		return "16"
	}
	return "1"
}

func (s *Server) data() string    { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }

// Start starts the server, if it is stopped, and waits until it answers.
func (s *Server) Start() error {
	log, err := os.Create(s.logFile())
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has its own
	settings := []string{"fsync=off", "full_page_writes=off", "shared_buffers=32MB", "wal_level=minimal",
		"max_wal_senders=0", "autovacuum=off"}
	if s.durable { // as packaged, but for what any guide to a server of this size sets
		settings = []string{"shared_buffers=512MB", "max_wal_size=2GB"}
	}
	listen := ""
	if s.port != 0 {
		listen = "127.0.0.1"
		settings = append(settings, fmt.Sprintf("port=%d", s.port))
	}
	args := []string{"-D", s.data(), "-k", s.dir, "-c", "listen_addresses=" + listen, "-c", "max_connections=200", "-c",
		"log_min_messages=fatal"}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	cmd := s.command(context.Background(), "postgres", args...)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.gone = cmd, make(chan struct{})
	go func(gone chan struct{}) {
		_ = cmd.Wait() // how it ended is seen in its log
		close(gone)
	}(s.gone)
	if _, err := fmt.Fprintln(s.watchdog, cmd.Process.Pid); err != nil {
		return errors.Join(err, cmd.Process.Kill())
	}
	return s.await()
}

func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.address("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.gone:
			log, err := os.ReadFile(s.logFile())
			return errors.Join(fmt.Errorf("PostgreSQL ended at its start:\n%s", log), err)
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		case <-tick.C:
		}
	}
}

// Stop ends the server at once, as a crash would, and waits until it is gone. Its databases stay.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.gone:
		return nil
	case <-time.After(startTime):
		return errors.New("PostgreSQL does not stop")
	}
}

func (s *Server) destroy() {
	_ = s.watchdog.Close() // the watchdog does the rest
	<-s.gone
}

// command makes a command of the server's programs with an environment that the caller's PG… variables are not in.
func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + s.bin + ":" + os.Getenv("PATH"), "HOME=" + s.dir, "LANG=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return cmd
}

// String tells where the server is.
func (s *Server) String() string { return "PostgreSQL in " + strings.TrimSuffix(s.dir, "/") }
