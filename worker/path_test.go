package worker

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// statements counts what the journal's database is asked, by kind and table.
type statements map[string]int

func (s statements) add(query string) {
	words := strings.Fields(query)
	switch words[0] {
	case "SELECT":
		s["reads"]++
		for i, w := range words {
			if w == "chats" && words[i-1] == "FROM" {
				s["reads of chats"]++
			}
		}
	case "INSERT", "UPDATE", "DELETE":
		s["writes"]++
	case "COMMIT":
		s["commits"]++
	}
}

// What one message and its reply cost in the journal. The bounds are what it takes; whoever raises one says why.
func TestStatementsOfOneReply(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, h *house) {
		c := plain()
		c.Limits.Typing = true
		must(t, h.e.configure(c))
		settle := func() {
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		h.says(asha, "1")
		settle()
		ran := statements{}
		h.j.Watch(ran.add)
		h.says(asha, "2")
		settle()
		h.j.Watch(nil)
		h.expect(asha, "re: 1", "re: 2")
		t.Log(ran)
		for what, most := range map[string]int{
			// The chat: when the message comes, and before the reply is sent after the typing. Else: what waits in the
			// chat, the reply with its recipient, and that nothing else is to be sent or decided.
			"reads of chats": 2, "reads": 6,
			"writes": 11, "commits": 2,
		} {
			if ran[what] > most {
				t.Errorf("%d %s, want at most %d", ran[what], what, most)
			}
		}
	})
}
