package bot

import (
	"slices"
	"strings"
	"unicode/utf8"

	"flowhq"
	"flowhq/locale/key"
)

// MaxReply is how many characters a reply has at most; what is longer is cut at a line.
const MaxReply = 4000

// A text is what the bot says, in one wording or several. A line whose placeholder has nothing to say is left out.
type text []wording

type wording []textLine

type textLine []textPart

// textPart is a piece of a line: plain, or the name of a placeholder.
type textPart struct {
	plain, placeholder string
}

// parseText reads one wording and gives the placeholders in it; bad is what stands in braces and is no name.
func parseText(s string) (w wording, placeholders []string, bad string) {
	for line := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
		var parts textLine
		for {
			open := strings.IndexByte(line, '{')
			if open < 0 {
				break
			}
			end := strings.IndexByte(line[open:], '}')
			if end < 0 {
				return nil, nil, line[open:]
			}
			name := line[open+1 : open+end]
			if !isPlaceholder(name) {
				return nil, nil, line[open : open+end+1]
			}
			if open > 0 {
				parts = append(parts, textPart{plain: line[:open]})
			}
			parts = append(parts, textPart{placeholder: name})
			placeholders = append(placeholders, name)
			line = line[open+end+1:]
		}
		if line != "" || len(parts) == 0 {
			parts = append(parts, textPart{plain: line})
		}
		w = append(w, parts)
	}
	return w, placeholders, ""
}

func isPlaceholder(name string) bool {
	for _, r := range name {
		if r != '_' && (r < 'a' || r > 'z') {
			return false
		}
	}
	return name != ""
}

// render fills a wording in. Lines with an empty placeholder are left out; empty lines at the ends and runs of them go,
// too. filled tells whether the first line with a placeholder was left: it is what the text is about.
func (w wording) render(value func(string) string) (out string, filled bool) {
	var b strings.Builder
	filled = true
	first, blank := true, true
	for _, line := range w {
		s, has, empty := line.render(value)
		if has && first {
			first, filled = false, !empty
		}
		if empty {
			continue
		}
		if s == "" {
			if !blank {
				b.WriteByte('\n')
			}
			blank = true
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(s)
		blank = false
	}
	return strings.Trim(b.String(), "\n"), filled
}

func (l textLine) render(value func(string) string) (out string, has, empty bool) {
	if len(l) == 1 && l[0].placeholder == "" {
		return l[0].plain, false, false
	}
	var b strings.Builder
	for _, p := range l {
		if p.placeholder == "" {
			b.WriteString(p.plain)
			continue
		}
		v := value(p.placeholder)
		if v == "" {
			return "", true, true
		}
		b.WriteString(v)
	}
	return b.String(), true, false
}

// shorten cuts a text to n characters, at the end of a line where it can.
func shortenAtLine(s string, n int) string {
	short := flowhq.Shorten(s, n)
	if short == s {
		return s
	}
	cut := strings.TrimSuffix(short, "…")
	if line := strings.LastIndexByte(cut, '\n'); line > len(cut)/2 {
		cut = cut[:line]
	}
	return cut + "…"
}

// The placeholders that every text may use.
func commonPlaceholders() []string {
	return []string{"business", "greeting", "menu", "contact", "address", "delivery_info", "hours", "services",
		"products", "prices", "currency", "customer", "example"}
}

// textPlaceholders are the texts that every flow must have, with what each may use beside the common placeholders.
func textPlaceholders() map[string][]string {
	return map[string][]string{
		"hello": nil, "menu": nil, "greet_morning": nil, "greet_afternoon": nil, "greet_evening": nil,
		"greet_night":    nil,
		"not_understood": nil, "not_understood_question": {"question"}, "words_please": nil,
		"handed_over": nil, "opted_out": nil, "opted_in": nil,
		"closed_now": {"opens"}, "closed_now_unknown": nil,
		"closed_day": {"date", "offer"}, "closed_time": {"date", "open_hours", "offer"}, "past_day": {"date", "offer"},
		"past_time": {"date", "offer"},
		"too_far":   nil, "impossible_date": nil, "impossible_time": nil, "which_time": {"options"},
		"open_hours": {"open", "date"}, "offer": {"next"}, "or": nil,
		"which_item": {"options"}, "no_such_item": nil, "unavailable_item": {"item"}, "on_request": nil,
		"not_available": nil, "more_items": {"count"},
		"quantity_bad": {"max"}, "name_again": nil, "phone_again": nil, "number_again": {"min", "max"},
		"confirm_choices": nil, "change_what": {"facts"}, "changed": nil, "cancelled": nil,
		"taken_back": nil, "recorded_already": nil,
		"notify_human": {"message"}, "notify_change": {"message"}, "somebody": nil, "our_business": nil,
		"label_service": nil, "label_items": nil, "label_date": nil, "label_time": nil, "label_name": nil,
		"label_delivery": nil, "label_detail": nil,
	}
}

// factPlaceholders are what the texts of a task may use beside the common ones and the task's own facts.
func factPlaceholders() []string {
	return []string{"service", "date", "time", "name", "items", "total", "price", "delivery", "detail", "list", "item",
		"open_hours"}
}

// parseTexts compiles the wordings of one text and names placeholders that it may not use.
func (f *findings) parseTexts(name string, variants []scalar, allowed ...[]string) text {
	var out text
	for _, v := range variants {
		w, used, bad := parseText(v.text)
		if bad != "" {
			f.add(v.at, key.FlowPlaceholder, "text", name, "found", bad)
			continue
		}
		for _, place := range used {
			if !slices.ContainsFunc(allowed, func(names []string) bool { return slices.Contains(names, place) }) {
				f.add(v.at, key.FlowPlaceholderUnknown, "text", name, "name", "{"+place+"}", "known",
					"{"+strings.Join(slices.Concat(allowed...), "} {")+"}")
			}
		}
		if utf8.RuneCountInString(v.text) > MaxReply {
			f.add(v.at, key.FlowTextLong, "text", name, "limit", MaxReply)
		}
		out = append(out, w)
	}
	return out
}
