package when

import (
	"strings"
	"sync"
	"time"
)

// A calendar word is a word that days and hours are said with.
type calendarKind uint8

const (
	wordNone    calendarKind = iota
	wordNumber               // n: its value
	wordTens                 // n: 20, 30 … that a unit may follow
	wordOrdinal              // n: 1st to 31st
	wordDay                  // n: days from today
	wordTonight
	wordWeekday // n: time.Weekday
	wordMonth   // n: 1 to 12
	wordPart    // n: index into parts of the day
	wordSaa     // introduces an hour
	wordAt      // at, around
	wordHalf
	wordQuarter
	wordLessQuarter // kasorobo
	wordLess        // kasoro
	wordAnd         // na, and
	wordOf          // ya, wa, of, the: may stand between
	wordPast        // past
	wordTo          // to, hadi: a range, or minutes to an hour
	wordNoon
	wordMidnight
	wordDate      // tarehe
	wordMonthUnit // mwezi, month
	wordNext      // ijayo, next
	wordThis      // hii, this
	wordLast      // iliyopita, last
	wordYear      // mwaka, year
	wordWeek      // wiki, week
	wordHour      // hours, masaa
	wordMinute    // minutes, dakika
	wordDayUnit   // days, siku
	wordIn        // in, baada
	wordFrom      // from, kuanzia
	wordNow       // now: "from now"
	wordAm        // am
	wordPm        // pm
	wordClock     // o'clock, kamili, hrs
	wordNot       // not, sio
	wordInstead   // instead, badala
	wordOr        // or, au
	wordCannot    // siwezi, can't
	wordGood      // good, njema: part of a greeting
	wordNews      // habari, za
	wordBefore    // before
	wordKutwa     // kutwa, the second half of "kesho kutwa"
	wordJuma      // juma, the first half of "juma tatu"
	wordThTh      // th, st, nd, rd
	wordA         // a, an
)

type calendarWord struct {
	kind    calendarKind
	n       int
	english bool
}

// calendarTable is one line of the words below: a kind, and the words with their values.
type calendarTable struct {
	kind    calendarKind
	english bool
	first   int // value of the first group; the groups, between "|", count up from there
	words   string
}

// calendarTables are the words in both languages, with the short forms that people write on a phone. Groups between "|"
// count up from the first value.
func calendarTables() []calendarTable {
	return []calendarTable{
		{wordNumber, false, 0, "sifuri|moja mmoja kimoja mojawapo|mbili mawili wawili viwili miwili|tatu matatu " +
			"watatu vitatu mitatu|" +
			"nne manne wanne vinne minne|tano matano watano vitano mitano|sita|saba|nane manane wanane vinane " +
			"minane|tisa|kumi"},
		{wordNumber, true, 0, "zero|one|two couple|three|four|five|six|seven|eight|nine|ten|eleven|twelve dozen " +
			"dazeni dozeni|thirteen|" +
			"fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"},
		{wordTens, false, 20, "ishirini"}, {wordTens, false, 30, "thelathini"},
		{wordTens, false, 40, "arobaini arubaini"},
		{wordTens, false, 50, "hamsini"}, {wordTens, false, 60, "sitini"}, {wordTens, false, 70, "sabini"},
		{wordTens, false, 80, "themanini"}, {wordTens, false, 90, "tisini"},
		{wordTens, true, 20, "twenty"}, {wordTens, true, 30, "thirty"}, {wordTens, true, 40, "forty fourty"},
		{wordTens, true, 50, "fifty"},
		{wordTens, true, 60, "sixty"}, {wordTens, true, 70, "seventy"}, {wordTens, true, 80, "eighty"},
		{wordTens, true, 90, "ninety"},
		{wordOrdinal, false, 1, "kwanza mosi|pili"},
		{wordOrdinal, true, 1, "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|" +
			"thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth"},
		{wordOrdinal, true, 30, "thirtieth"},
		{wordDay, false, -2, "juzi|jana|leo|kesho keshoo ksho kesh kexho|keshokutwa kshokutwa " +
			"keshokuchwa|mtondo|mtondogoo mtondogo"},
		{wordDay, true, -1, "yesterday|today tday|tomorrow tmrw tmr tmw tomoz tmoro tmrrw tmrow tomoro tomorow " +
			"tommorow tommorrow tomorro"},
		{wordTonight, true, 0, "tonight tonite"},
		{wordWeekday, false, 0, "jumapili jpili jumapil|jumatatu jtatu jumatat jmatatu|jumanne jnne jumane|jumatano " +
			"jtano jumatanu|" +
			"alhamisi alhamis alhams alh ahamisi|ijumaa ijm|jumamosi jmosi jumamos"},
		{wordWeekday, true, 0, "sunday sun|monday mon|tuesday tue tues|wednesday wed weds wednsday|thursday thu thur " +
			"thurs|friday fri|saturday sat"},
		{wordJuma, false, 0, "juma"},
		{wordMonth, false, 1,
			"januari|februari|machi|aprili|mei|juni|julai|agosti|septemba|oktoba|novemba|desemba disemba"},
		{wordMonth, true, 1, "january jan|february feb|march mar|april apr|may|june jun|july jul|august " +
			"aug|september sep sept|october oct|" +
			"november nov|december dec"},
		{wordPart, false, partDawn, "alfajiri alfajir|asubuhi asbh asb asubui asbuhi asubuh subuhi asub|mchana mchan " +
			"mchn adhuhuri|alasiri alasili|" +
			"jioni jion magharibi|usiku usk usku"},
		{wordPart, true, partMorning, "morning mrng dawn|afternoon|evening eve|night nite"},
		{wordSaa, false, 0, "saa sa"}, {wordAt, true, 0, "at around about by"}, {wordAt, false, 0, "mnamo kama"},
		{wordHalf, false, 0, "nusu unusu"}, {wordHalf, true, 0, "half"},
		{wordQuarter, false, 0, "robo"}, {wordQuarter, true, 0, "quarter"},
		{wordLessQuarter, false, 0, "kasorobo kasrobo kasarobo"}, {wordLess, false, 0, "kasoro kasoo"},
		{wordAnd, false, 0, "na"}, {wordAnd, true, 0, "and"},
		{wordOf, false, 0, "ya wa la za"}, {wordOf, true, 0, "of the on"},
		{wordPast, true, 0, "past"}, {wordTo, true, 0, "to until till"}, {wordTo, false, 0, "hadi mpaka"},
		{wordNoon, true, 0, "noon midday"}, {wordMidnight, true, 0, "midnight"},
		{wordDate, false, 0, "tarehe tareh trh tar tr"}, {wordDate, true, 0, "date"},
		{wordMonthUnit, false, 0, "mwezi"}, {wordMonthUnit, true, 0, "month months"},
		{wordNext, false, 0, "ijayo ijao ujao lijalo inayokuja inayofuata linalokuja zijazo yajayo"},
		{wordNext, true, 0, "next coming"},
		{wordThis, false, 0, "hii huu hili"}, {wordThis, true, 0, "this"},
		{wordLast, false, 0, "iliyopita uliopita lililopita ilopita zilizopita yaliyopita"},
		{wordLast, true, 0, "last"},
		{wordYear, false, 0, "mwaka"}, {wordYear, true, 0, "year"},
		{wordWeek, false, 0, "wiki"}, {wordWeek, true, 0, "week weeks"},
		{wordHour, false, 0, "masaa lisaa"}, {wordHour, true, 0, "hour hours hrs hr"},
		{wordMinute, false, 0, "dakika"}, {wordMinute, true, 0, "minutes minute mins min"},
		{wordDayUnit, false, 0, "siku"}, {wordDayUnit, true, 0, "day days"},
		{wordIn, false, 0, "baada ndani"}, {wordIn, true, 0, "in within after"},
		{wordFrom, false, 0, "kuanzia toka kutoka"}, {wordFrom, true, 0, "from"},
		{wordNow, true, 0, "now"}, {wordNow, false, 0, "sasa"},
		{wordAm, true, 0, "am"}, {wordPm, true, 0, "pm"},
		{wordClock, true, 0, "oclock clock sharp"}, {wordClock, false, 0, "kamili"},
		{wordNot, true, 0, "not"}, {wordNot, false, 0, "sio siyo si isiwe"},
		{wordInstead, true, 0, "instead"}, {wordInstead, false, 0, "badala"},
		{wordOr, true, 0, "or"}, {wordOr, false, 0, "au ama"},
		{wordCannot, true, 0, "cant cannot couldnt wont"},
		{wordCannot, false, 0, "siwezi sitaweza haifai haiwezekani sipo sitakuwepo"},
		{wordGood, true, 0, "good"}, {wordGood, false, 0, "njema mwema mzuri nzuri"},
		{wordNews, false, 0, "habari"},
		{wordBefore, true, 0, "before"}, {wordBefore, false, 0, "kabla"},
		{wordKutwa, false, 0, "kutwa kuchwa kutwaa"},
		{wordThTh, true, 0, "th st nd rd"},
		{wordA, true, 0, "a an"},
	}
}

// calendarWords gives the table by word. It is made once and never changed.
var calendarWords = sync.OnceValue(func() map[string]calendarWord {
	words := make(map[string]calendarWord, 400)
	for _, t := range calendarTables() {
		for n, group := range strings.Split(t.words, "|") {
			for _, w := range strings.Fields(group) {
				words[w] = calendarWord{kind: t.kind, n: t.first + n, english: t.english}
			}
		}
	}
	return words
})

// Words lists the words that days and hours are said with, but for juma: it is a name as well, and one only before
// tatu, nne and tano.
func Words() []string {
	table := calendarWords()
	out := make([]string, 0, len(table))
	for w, c := range table {
		if c.kind != wordJuma {
			out = append(out, w)
		}
	}
	return out
}

// Parts of the day: the six of the Swahili day, then the English ones.
const (
	PartNone = iota
	partDawn
	partAsubuhi
	partMchana
	partAlasiri
	partJioni
	partUsiku
	partMorning
	partAfternoon
	partEvening
	partNight
)

// InPart tells whether a minute of the day lies in a part of it. The Swahili parts overlap (11:00 is asubuhi and
// mchana), as people speak; the English ones are wider.
func InPart(part, minute int) bool {
	from, to := partSpan(part)
	if from > to {
		return minute >= from || minute < to
	}
	return minute >= from && minute < to
}

func partSpan(part int) (from, to int) {
	const hour = 60
	switch part {
	case partDawn:
		return 4 * hour, 6 * hour
	case partAsubuhi:
		return 6 * hour, 12 * hour
	case partMchana:
		return 11 * hour, 16 * hour
	case partAlasiri:
		return 15 * hour, 17 * hour
	case partJioni:
		return 16 * hour, 20 * hour
	case partUsiku:
		return 19 * hour, 4 * hour
	case partMorning:
		return 0, 12 * hour
	case partAfternoon:
		return 12 * hour, 18 * hour
	case partEvening:
		return 16 * hour, 22 * hour
	case partNight:
		return 18 * hour, 4 * hour
	}
	return 0, 24 * hour
}

func isNight(part int) bool { return part == partUsiku || part == partNight }

func weekday(n int) time.Weekday { return time.Weekday(n % 7) }
