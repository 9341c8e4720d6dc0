package bot

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"flowhq"
	"flowhq/worker/bot/when"
)

// maxListed is how many services or products one reply lists.
const maxListed = 30

// money writes "30,000 TZS".
func money(amount int64, currency string) string {
	return grouped(amount) + " " + currency
}

// grouped writes a number with a comma before every three digits.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func dayNames(l flowhq.Language) [7]string {
	if l == flowhq.English {
		return [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	}
	return [7]string{"Jumapili", "Jumatatu", "Jumanne", "Jumatano", "Alhamisi", "Ijumaa", "Jumamosi"}
}

func monthNames(l flowhq.Language) [12]string {
	if l == flowhq.English {
		return [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September",
			"October", "November", "December"}
	}
	return [12]string{"Januari", "Februari", "Machi", "Aprili", "Mei", "Juni", "Julai", "Agosti", "Septemba", "Oktoba",
		"Novemba", "Desemba"}
}

// dateText writes a day with its name: "Jumatano, 11 Machi 2026".
func dateText(day time.Time, l flowhq.Language) string {
	return fmt.Sprintf("%s, %d %s %d", dayNames(l)[day.Weekday()], day.Day(), monthNames(l)[day.Month()-1], day.Year())
}

// hourText writes a minute of the day: in Swahili in both countings, "saa nne na nusu asubuhi (10:30)"; in English
// "10:30".
func hourText(minute int, l flowhq.Language) string {
	if l == flowhq.English {
		return when.ClockText(minute)
	}
	return swahiliHour(minute) + " (" + when.ClockText(minute) + ")"
}

func swahiliHour(minute int) string {
	hour, rest := minute/60, minute%60
	tail := ""
	switch rest {
	case 0:
	case 15:
		tail = " na robo"
	case 30:
		tail = " na nusu"
	case 45:
		hour, tail = hour+1, " kasorobo"
	default:
		tail = " na dakika " + strconv.Itoa(rest)
	}
	names := [12]string{"sita", "saba", "nane", "tisa", "kumi", "kumi na moja", "kumi na mbili", "moja", "mbili",
		"tatu", "nne", "tano"}
	return "saa " + names[hour%12] + tail + " " + swahiliPart(minute)
}

func swahiliPart(minute int) string {
	switch hour := minute / 60; {
	case hour < 4:
		return "usiku"
	case hour < 6:
		return "alfajiri"
	case hour < 12:
		return "asubuhi"
	case hour < 15:
		return "mchana"
	case hour < 16:
		return "alasiri"
	case hour < 19:
		return "jioni"
	}
	return "usiku"
}

// spansText writes a day's opening times.
func spansText(spans [][2]int, l flowhq.Language) string {
	parts := make([]string, len(spans))
	for i, s := range spans {
		parts[i] = spanText(s, l)
	}
	and := " na "
	if l == flowhq.English {
		and = " and "
	}
	return strings.Join(parts, and)
}

func spanText(s [2]int, l flowhq.Language) string {
	to := when.ClockText(s[1])
	if s[1] == 24*60 {
		to = "24:00"
	}
	western := when.ClockText(s[0]) + "–" + to
	if l == flowhq.English {
		return western
	}
	return swahiliHour(s[0]) + " hadi " + swahiliHour(s[1]%(24*60)) + " (" + western + ")"
}

// hoursText writes the opening hours of a week, days with the same hours in one line; "" when none are known.
func hoursText(h *flowhq.Hours, l flowhq.Language) string {
	if h == nil {
		return ""
	}
	names := dayNames(l)
	var lines []string
	for i := 1; i <= 7; {
		first := i % 7
		text := spansText(spansOfWeekday(h, first), l)
		last := i
		for last < 7 && spansText(spansOfWeekday(h, (last+1)%7), l) == text {
			last++
		}
		days := names[first]
		if last > i {
			days += "–" + names[last%7]
		}
		if text == "" {
			text = "tumefunga"
			if l == flowhq.English {
				text = "closed"
			}
		}
		lines = append(lines, days+": "+text)
		i = last + 1
	}
	return strings.Join(lines, "\n")
}

func spansOfWeekday(h *flowhq.Hours, day int) [][2]int {
	var out [][2]int
	for _, s := range h.Days[day] {
		if from, to, err := s.Minutes(); err == nil {
			out = append(out, [2]int{from, to})
		}
	}
	return out
}

// clip cuts a text that a customer wrote to n characters and takes invisible and broken characters out.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if r < ' ' || r == 0x7f || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 &&
			r <= 0x2069 || r == 0xfeff {
			return -1
		}
		return r
	}, head(s, n*4+64))
	return strings.TrimSpace(shortenAtLine(strings.TrimSpace(s), n))
}

// headOf cuts a text to at most n bytes, at a character's edge, so that a huge one costs no more than a large one.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
