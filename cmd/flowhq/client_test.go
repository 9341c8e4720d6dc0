package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"flowhq/appliance/config"
	"flowhq/appliance/localapi"
)

// applianceOf answers at the control socket of a folder as mux does, and gives the settings file that leads there.
func applianceOf(t *testing.T, mux http.Handler) (env string) {
	t.Helper()
	dir := t.TempDir()
	listener, err := net.Listen("unix", filepath.Join(dir, config.ControlSocketName))
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: mux}}
	server.Start()
	t.Cleanup(server.Close)
	env = filepath.Join(dir, "flowhq.env")
	write(t, env, "RUNTIME_DIR="+dir+"\n")
	return env
}

// An appliance of a version before the one API has the status and the reload alone in common with this command line:
// the other commands say that the versions differ.
func TestClient_OlderAppliance(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(localapi.Status{Version: "0.9.1"})
	})
	mux.HandleFunc("POST /v1/reload", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"code":"conflict","message":"PORT is in use."}`))
	})
	env := applianceOf(t, mux)
	for _, args := range [][]string{
		{"ps"}, {"start", "x"}, {"describe", "x"}, {"logs", "x"}, {"events"}, {"restore", "confirm", "x"},
	} {
		out, bad, status := flowhqCmd(t.Context(), append(args, "--env-file", env)...)
		if status != exitFailure || out != "" || !strings.HasPrefix(bad,
			"The running appliance is version 0.9.1 and this command is version dev. ") {
			t.Errorf("%s: status %d, %q, %q", args, status, out, bad)
		}
	}
	if _, bad, status := flowhqCmd(t.Context(), "reload", "--env-file", env); status != exitFailure ||
		bad != "PORT is in use.\n" {
		t.Errorf("reload: status %d, %q", status, bad)
	}
}

// What answers at the socket and is not an appliance is told as such, not shown.
func TestClient_Garbage(t *testing.T) {
	env := applianceOf(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>"))
	}))
	_, bad, status := flowhqCmd(t.Context(), "ps", "--env-file", env)
	if status != exitFailure || bad != "the appliance answered with status 502\n" {
		t.Errorf("status %d, %q", status, bad)
	}
}
