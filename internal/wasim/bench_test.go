package wasim_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"flowhq/internal/wasim"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"
)

const benchServer = "WASIM_BENCH_SERVER" // set: the test binary runs a simulator until its standard input ends

type benchLine struct{ Listen, Control, Key string }

// serveBench is the simulator's process.
func serveBench(dir string) {
	cfg := wasim.Config{StateDir: dir}
	if dir == "memory" {
		cfg.StateDir = ""
	}
	srv, err := wasim.New(cfg)
	if err != nil {
		panic(err)
	}
	key := srv.RootKey()
	_ = json.NewEncoder(os.Stdout).Encode(benchLine{srv.Addr(), srv.ControlURL(), hex.EncodeToString(key[:])})
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	if err := srv.Close(); err != nil {
		panic(err)
	}
}

// BenchmarkClients links and connects real clients (500, or WASIM_CLIENTS) to a simulator in a process of its own that
// keeps its state on disk, lets a message through each, then loads 200 of them with 100 messages a second for ten
// seconds, each answered. It reports times, and the simulator's memory and processor use. Run it with
//
//	go test -run '^$' -bench Clients -benchtime 1x ./internal/wasim
func BenchmarkClients(b *testing.B) {
	count := 500
	if v := os.Getenv("WASIM_CLIENTS"); v != "" {
		count, _ = strconv.Atoi(v)
	}
	for range b.N {
		benchClients(b, count)
	}
}

func benchClients(b *testing.B, count int) {
	cmd, line := launchServer(b)
	key, err := hex.DecodeString(line.Key)
	must(b, err)
	trust.Do(func() {})
	whatsmeow.WACertPubKey = [32]byte(key)
	ctl := wasim.NewClient(line.Control)
	defer ctl.Close()

	began := time.Now()
	bots := linkAll(b, ctl, line.Listen, count)
	b.ReportMetric(time.Since(began).Seconds(), "s/link-all")
	report(b, cmd.Process.Pid, "linked")

	began = time.Now()
	once := exchange(b, ctl, bots, count, 0)
	b.ReportMetric(time.Since(began).Seconds(), "s/one-each")
	b.ReportMetric(percentile(once, 50), "ms/one-each-p50")
	report(b, cmd.Process.Pid, "after-one-each")

	cpu := cpuSeconds(b, cmd.Process.Pid)
	began = time.Now()
	load := exchange(b, ctl, bots[:min(200, count)], 1000, 10*time.Millisecond)
	took := time.Since(began).Seconds()
	b.ReportMetric(percentile(load, 50), "ms/load-p50")
	b.ReportMetric(percentile(load, 99), "ms/load-p99")
	b.ReportMetric(float64(len(load))/took, "msgs/s")
	b.ReportMetric((cpuSeconds(b, cmd.Process.Pid)-cpu)/took*100, "%cpu-sim")
	report(b, cmd.Process.Pid, "after-load")
	st, err := ctl.Stats(context.Background())
	must(b, err)
	b.Logf("%+v", st)
	if st.Undecryptable != 0 || st.Retries != 0 || st.DevicesOnline != count {
		b.Errorf("stats: %+v", st)
	}
}

func launchServer(b *testing.B) (*exec.Cmd, benchLine) {
	b.Helper()
	dir := os.Getenv("WASIM_STATE")
	if dir == "" {
		dir = b.TempDir()
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), benchServer+"="+dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(b, err)
	out, err := cmd.StdoutPipe()
	must(b, err)
	must(b, cmd.Start())
	b.Cleanup(func() {
		_ = in.Close()
		must(b, cmd.Wait())
	})
	var line benchLine
	must(b, json.NewDecoder(out).Decode(&line))
	return cmd, line
}

func benchNumber(i int) string { return fmt.Sprintf("+25570%07d", i) }

// linkAll links clients, eight at a time, and lets each answer every text with the same text.
func linkAll(b *testing.B, ctl *wasim.Client, addr string, count int) []*bot {
	b.Helper()
	bots := make([]*bot, count)
	var wg sync.WaitGroup
	var next atomic.Int64
	for range 8 {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
				bots[i] = linkOne(b, ctl, addr, i)
			}
		})
	}
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return bots
}

func linkOne(b *testing.B, ctl *wasim.Client, addr string, i int) *bot {
	ctx := context.Background()
	_, err := ctl.MakePhone(ctx, benchNumber(i), "")
	if err != nil {
		b.Error(err)
	}
	bot := newBotAt(b, addr)
	if _, err = ctl.Scan(ctx, benchNumber(i), bot.qr()); err != nil {
		b.Error(err)
	}
	await[*events.Connected](bot)
	bot.cli.AddEventHandler(func(e any) {
		if m, ok := e.(*events.Message); ok && !m.Info.IsFromMe {
			go func() {
				if _, err := bot.cli.SendMessage(context.Background(), m.Info.Chat,
					text(m.Message.GetConversation())); err != nil {
					b.Error(err)
				}
			}()
		}
	})
	return bot
}

// exchange lets customers send total messages to the clients in turn, one per pause, and returns how many milliseconds
// each took until its answer was in the customer's inbox.
func exchange(b *testing.B, ctl *wasim.Client, bots []*bot, total int, pause time.Duration) []float64 {
	b.Helper()
	ctx := context.Background()
	customer := func(i int) string { return fmt.Sprintf("+25571%07d", i) }
	after := make([]int, len(bots))
	for i := range bots {
		_, err := ctl.MakeCustomer(ctx, customer(i), wasim.CustomerOptions{Address: wasim.AddressLID})
		must(b, err)
		rows, err := ctl.Inbox(ctx, customer(i), 0, 0)
		must(b, err)
		after[i] = len(rows)
	}
	sent := make([]time.Time, total)
	tick := time.NewTicker(max(pause, time.Microsecond))
	defer tick.Stop()
	for i := range total {
		sent[i] = time.Now()
		_, err := ctl.Send(ctx, customer(i%len(bots)), wasim.Text(benchNumber(i%len(bots)), strconv.Itoa(i)))
		must(b, err)
		if pause > 0 {
			<-tick.C
		}
	}
	var took []float64
	for i := range bots {
		for got := 0; i+got*len(bots) < total; {
			rows, err := ctl.Inbox(ctx, customer(i), after[i]+got, time.Minute)
			must(b, err)
			if len(rows) == 0 {
				b.Fatalf("no answer for customer %d", i)
			}
			for _, row := range rows {
				n, err := strconv.Atoi(row.Text)
				must(b, err)
				took = append(took, float64(row.At.Sub(sent[n]).Microseconds())/1000)
			}
			got += len(rows)
		}
	}
	slices.Sort(took)
	return took
}

func percentile(sorted []float64, p int) float64 { return sorted[(len(sorted)-1)*p/100] }

// report notes the simulator's resident memory.
func report(b *testing.B, pid int, when string) {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(b, err)
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok && name == "VmRSS" {
			kib, err := strconv.Atoi(strings.Fields(value)[0])
			must(b, err)
			b.ReportMetric(float64(kib)/1024, "MiB-rss/"+when)
		}
	}
}

// cpuSeconds is the processor time a process has used, in ticks of 10 ms.
func cpuSeconds(b *testing.B, pid int) float64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(b, err)
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+2:]))
	user, err := strconv.Atoi(fields[11])
	must(b, err)
	system, err := strconv.Atoi(fields[12])
	must(b, err)
	return float64(user+system) / 100
}
