package harness

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os/exec"

	"flowhq/internal/wasim"
)

// Simulator is a running cmd/wasim with its client.
type Simulator struct {
	*Process
	*wasim.Client
	Listen, RootKey string
	ControlURL      string
	bin, state      string
	control         string
}

// StartSimulator starts the simulator with its state in a folder, so that it can be killed and started again.
func StartSimulator(bin, state string) (*Simulator, error) {
	s := &Simulator{bin: bin, state: state, Listen: "127.0.0.1:0", control: "127.0.0.1:0"}
	return s, s.Restart()
}

// Restart starts it again on the same addresses with the same state, after Kill or Stop.
func (s *Simulator) Restart() error {
	cmd := exec.Command(s.bin, "--listen", s.Listen, "--control", s.control, "--state", s.state)
	var hello struct {
		Listen  string `json:"listen"`
		Control string `json:"control"`
		RootKey string `json:"root_key"`
	}
	p, err := startProcess("wasim", cmd, func(r *bufio.Reader) error {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("its first line: %w", err)
		}
		return json.Unmarshal(line, &hello)
	})
	if err != nil {
		return err
	}
	s.Process = p
	s.Listen, s.RootKey, s.ControlURL = hello.Listen, hello.RootKey, hello.Control
	s.control = hello.Control[len("http://"):]
	s.Client = wasim.NewClient(hello.Control)
	return nil
}
