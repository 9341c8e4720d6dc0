package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance/localapi"
	"flowhq/procman"
)

// topOrders are the columns that can be sorted by, with the key for each.
var topOrders = []struct {
	key   byte
	name  string
	first func(a, b localapi.WorkerView) int
}{
	{'c', "cpu", func(a, b localapi.WorkerView) int { return cmp.Compare(b.Process.CPUPercent, a.Process.CPUPercent) }},
	{'m', "memory", func(a, b localapi.WorkerView) int {
		return cmp.Compare(b.Process.MemoryRSS, a.Process.MemoryRSS)
	}},
	{'r', "restarts", func(a, b localapi.WorkerView) int {
		return cmp.Compare(b.Process.Restarts, a.Process.Restarts)
	}},
	{'u', "uptime", func(a, b localapi.WorkerView) int { return cmp.Compare(b.Uptime, a.Uptime) }},
	{'n', "name", func(a, b localapi.WorkerView) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	}},
}

const topKeys = "c cpu  m memory  r restarts  u uptime  n name  q quit"

// top is one watching of the workers.
type top struct {
	client *client
	in     io.Reader
	out    io.Writer
	every  time.Duration
	rounds int // 0 is without end
	order  string

	lastCPU float64 // the appliance's own
	lastAt  time.Time
	own     float64 // its percentage
}

func newTop() *cobra.Command {
	t := &top{}
	cmd := &cobra.Command{
		Use:   "top [TENANT]",
		Short: "Watch the workers' processor and memory use",
		Long: `Shows the workers of the running appliance with their processor and memory use, renewed every two
seconds, the busiest first. With a business named, only its worker. Keys: ` + topKeys + `.

Into a pipe it prints one table and ends; --rounds asks for more.` + tenantHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("usage: %s", cmd.UseLine())}
			}
			return nil
		},
		ValidArgsFunction: completeTenant,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := newClient(cmd)
			if err != nil {
				return err
			}
			if t.every < 100*time.Millisecond {
				return usageError{errors.New("--every: at least 100ms")}
			}
			if !slices.Contains(topOrderNames(), t.order) {
				return usageError{fmt.Errorf("--sort: %q is none of %s", t.order, strings.Join(topOrderNames(), ", "))}
			}
			t.client, t.in, t.out = c, cmd.InOrStdin(), cmd.OutOrStdout()
			return t.run(cmd.Context(), strings.Join(args, ""))
		},
	}
	cmd.Flags().DurationVarP(&t.every, "every", "d", 2*time.Second, "time between two looks")
	cmd.Flags().IntVarP(&t.rounds, "rounds", "n", 0, "how many looks (0: until q or Ctrl-C; one into a pipe)")
	cmd.Flags().StringVarP(&t.order, "sort", "s", "cpu", "what comes first: "+strings.Join(topOrderNames(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions(topOrderNames(),
		cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func topOrderNames() []string {
	names := make([]string, len(topOrders))
	for i, o := range topOrders {
		names[i] = o.name
	}
	return names
}

func (t *top) run(ctx context.Context, tenant string) error {
	screen, _ := t.out.(*os.File)
	live, _ := dressed(t.out)
	if !live {
		screen = nil
		t.rounds = max(t.rounds, 1)
	}
	var keys <-chan byte
	if live {
		term := openTerminal(t.in)
		defer term.close()
		keys = term.keys
		// The other screen, as editors use it: what was on this one comes back.
		fmt.Fprint(screen, "\x1b[?1049h\x1b[?25l")
		defer fmt.Fprint(screen, "\x1b[?25h\x1b[?1049l")
	}
	for round := 1; ; round++ {
		if err := t.show(ctx, tenant, screen); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if round == t.rounds {
			return nil
		}
		if !t.wait(ctx, keys) {
			return nil
		}
	}
}

// wait lets time pass until the next look; false when it is over.
func (t *top) wait(ctx context.Context, keys <-chan byte) bool {
	next := time.NewTimer(t.every)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-next.C:
			return true
		case k := <-keys:
			if k == 'q' || k == 'Q' {
				return false
			}
			for _, o := range topOrders {
				if k == o.key {
					t.order = o.name
					return true
				}
			}
		}
	}
}

func (t *top) show(ctx context.Context, tenant string, screen *os.File) error {
	var s localapi.Status
	if err := t.client.call(ctx, http.MethodGet, statusPath, &s); err != nil {
		return err
	}
	workers, err := t.look(ctx, tenant)
	if err != nil {
		return err
	}
	for _, o := range topOrders {
		if o.name == t.order {
			slices.SortStableFunc(workers, o.first)
		}
	}
	head := t.summary(s, workers)
	table := workerTable(workers)
	var b strings.Builder
	if screen == nil {
		b.WriteString(head)
		table.columns(&b)
		b.WriteString("\n")
	} else {
		columns, rows := screenSize(screen)
		_, colours := dressed(screen)
		// Header, rules and the line of keys take nine lines.
		if fit := max(rows-9, 1); len(table.rows) > fit {
			table.rows = table.rows[:fit]
			head += fmt.Sprintf("%d of %d are shown\n", fit, len(workers))
		} else {
			head += "\n"
		}
		b.WriteString(head)
		table.fit(columns, expendable...)
		table.draw(&b, colours)
		b.WriteString(paint(topKeys, faint, colours) + "\n")
		return overwrite(screen, b.String(), columns)
	}
	_, err = io.WriteString(t.out, b.String())
	return err
}

// overwrite paints over what is there, so that nothing flickers; lines that are too long are cut.
func overwrite(screen io.Writer, content string, columns int) error {
	var b strings.Builder
	b.WriteString("\x1b[H")
	for line := range strings.Lines(content) {
		b.WriteString(cut(strings.TrimSuffix(line, "\n"), columns) + "\x1b[0m\x1b[K\r\n")
	}
	b.WriteString("\x1b[J")
	_, err := io.WriteString(screen, b.String())
	return err
}

// cut shortens a line to so many characters, colours not counted.
func cut(line string, columns int) string {
	shown, escape := 0, false
	for i, r := range line {
		switch {
		case escape:
			escape = r != 'm'
		case r == '\x1b':
			escape = true
		default:
			if shown++; shown > columns {
				return line[:i]
			}
		}
	}
	return line
}

func (t *top) look(ctx context.Context, tenant string) ([]localapi.WorkerView, error) {
	if tenant != "" {
		var one localapi.WorkerView
		err := t.client.of(ctx, workersPath+"/", tenant, http.MethodGet, "", &one)
		return []localapi.WorkerView{one}, err
	}
	var all []localapi.WorkerView
	err := t.client.call(ctx, http.MethodGet, workersPath, &all)
	return all, err
}

// summary is what stands above the table.
func (t *top) summary(s localapi.Status, workers []localapi.WorkerView) string {
	running, ill := 0, 0
	var memory int64
	var cpu float64
	for _, w := range workers {
		memory += w.Process.MemoryRSS
		cpu += w.Process.CPUPercent
		switch {
		case procman.State(w.Process.State) == procman.StateRunning:
			running++
		case w.Wish == flowhq.DesiredRunning:
			ill++
		}
	}
	now := time.Now()
	if since := now.Sub(t.lastAt).Seconds(); t.lastAt.IsZero() {
		t.own = 100 * s.CPU / max(now.Sub(s.StartedAt).Seconds(), 1)
	} else if since > 0.05 {
		t.own = 100 * (s.CPU - t.lastCPU) / since
	}
	t.lastAt, t.lastCPU = now, s.CPU
	text := fmt.Sprintf("Flow HQ %s, pid %d, up %s, %.1f%% cpu, %s\n", s.Version, s.PID,
		span(now.Sub(s.StartedAt).Seconds()), t.own, mebibytes(s.Resident))
	text += fmt.Sprintf("%d businesses, %d workers running", len(workers), running)
	if ill > 0 {
		text += fmt.Sprintf(", %d that should run and do not", ill)
	}
	return text + fmt.Sprintf("; together %.1f%% cpu, %s (limits by %s)\n", cpu, mebibytes(memory), s.Memory)
}
