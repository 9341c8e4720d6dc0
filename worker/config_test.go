package worker

import (
	"path/filepath"
	"strings"
	"testing"

	"flowhq/wire"
)

func TestConfigFromEnv(t *testing.T) {
	key := strings.Repeat("ab", 32)
	env := map[string]string{
		wire.EnvTenant: "t1", wire.EnvDir: "/x", wire.EnvSocket: "/s", wire.EnvToken: "tok",
		wire.EnvVersion: "1.2", wire.EnvLogLevel: "Warn", wire.EnvSimulator: "127.0.0.1:9",
		wire.EnvSimulatorKey: key, wire.EnvWAVersion: "2.3000.1",
	}
	c, err := ConfigFromEnv(func(k string) string { return env[k] })
	if err != nil || c.TenantID != "t1" || c.Dir != "/x" || c.Socket != "/s" ||
		c.Token != "tok" || c.Version != "1.2" ||
		c.Simulator.Addr != "127.0.0.1:9" || c.Simulator.RootKey[31] != 0xab || c.WhatsAppVersion != "2.3000.1" ||
		!c.Sandbox {
		t.Errorf("%+v, %v", c, err)
	}
	env = map[string]string{wire.EnvSimulator: "127.0.0.1:9", wire.EnvLogLevel: "loud"}
	_, err = ConfigFromEnv(func(k string) string { return env[k] })
	for _, name := range []string{
		wire.EnvTenant, wire.EnvDir, wire.EnvSocket, wire.EnvToken, wire.EnvLogLevel, wire.EnvSimulatorKey,
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
}

// TestCommands_TakeOver: whoever takes a chat over finds it so in the appliance when the call returns; and the call
// returns while the appliance cannot store anything.
func TestCommands_TakeOver(t *testing.T) {
	dir := t.TempDir()
	o := newOffice(t, filepath.Join(dir, "workers.sock"))
	p := newProcess(t, dir)
	p.connected(o)
	p.says(asha, "1")
	within(t, "the log is told", func() bool { return o.get(func() bool { return texts(o.events) == "1|re: 1" }) })
	human := func() (known, human bool) {
		o.get(func() bool {
			for _, e := range o.events {
				if e.Chat != nil && e.Chat.Chat == asha {
					known, human = true, e.Chat.HandedOver
				}
			}
			return true
		})
		return known, human
	}
	for range 20 {
		must(t, o.server.TakeOver(t.Context(), "t1", asha))
		if _, human := human(); !human {
			t.Fatal("taken over, and the appliance does not know")
		}
		must(t, o.server.Release(t.Context(), "t1", asha))
		if _, human := human(); human {
			t.Fatal("released, and the appliance does not know")
		}
	}
	o.get(func() bool { o.refuse = true; return true })
	must(t, o.server.TakeOver(t.Context(), "t1", asha))
	o.get(func() bool { o.refuse = false; return true })
	within(t, "the appliance learns of it later", func() bool { _, human := human(); return human })
}
