package website

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Nobody is refused while one server leaves a socket and the next takes it over.
func TestPausableListener_pause(t *testing.T) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := first.Addr().String()
	stop, failures := make(chan struct{}), make(chan error, 100)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := callOnce(addr); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	l := first
	for range 30 {
		d, in := newListener(l), &inFlight{}
		server := &http.Server{ConnState: in.note,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, "well")
			})}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(d) }()
		if err := callOnce(addr); err != nil {
			t.Fatal(err)
		}
		f, err := SocketFile(l)
		if err != nil {
			t.Fatal(err)
		}
		d.pause(t.Context())
		in.wait(t.Context())
		if err := server.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Fatal(err)
		}
		if l, err = net.FileListener(f); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "well")
	})}
	go func() { _ = server.Serve(l) }()
	close(stop)
	callers.Wait()
	_ = server.Close()
	close(failures)
	for err := range failures {
		t.Errorf("a caller was lost: %v", err)
	}
}

// callOnce asks over a connection of its own.
func callOnce(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	return res.Body.Close()
}
