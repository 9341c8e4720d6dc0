package dump_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"flowhq/storage/dump"
)

var everyKind = []dump.Column{
	{Name: "t", Kind: dump.Text}, {Name: "j", Kind: dump.JSON}, {Name: "i", Kind: dump.Int}, {Name: "at", Kind: dump.Time},
	{Name: "b", Kind: dump.Bytes}, {Name: "y", Kind: dump.Bool}, {Name: "r", Kind: dump.Real},
}

func TestRowsAreLinesOfJSON(t *testing.T) {
	for _, row := range []dump.Row{
		{nil, nil, nil, nil, nil, nil, nil},
		{"", `{"a":1}`, int64(0), int64(-1), []byte{}, false, 0.0},
		{"Habari \"yako\"\\ \t\r\n\x01\x7f 😀 \u2028<&>", `"x"`, int64(1) << 62, int64(1772366400123), []byte{0, 255, 7}, true, 1e300},
	} {
		line, err := dump.AppendRow(nil, row)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(line) {
			t.Errorf("%s is no JSON", line)
		}
		got, err := dump.ParseRow(everyKind, line)
		if err != nil || !reflect.DeepEqual(got, row) {
			t.Errorf("%#v came back as %#v, %v", row, got, err)
		}
	}
}

func TestRowsThatAreNone(t *testing.T) {
	for _, line := range []string{"", "[", "[1]", `{"t":1}`, `[1,"",0,0,"",true,0]`, `["","",1.5,0,"",true,0]`, `["","",1,0,"%",true,0]`} {
		if row, err := dump.ParseRow(everyKind, []byte(line)); err == nil {
			t.Errorf("%s was read as %v", line, row)
		}
	}
}

func TestDigestDoesNotAskForTheOrder(t *testing.T) {
	var forth, back, other dump.Digest
	lines := []string{"a", "b", "c", "c"}
	for i := range lines {
		forth.Add([]byte(lines[i]))
		back.Add([]byte(lines[len(lines)-1-i]))
	}
	for _, line := range []string{"a", "b", "c", "d"} {
		other.Add([]byte(line))
	}
	if forth.String() != back.String() || forth.Rows() != 4 {
		t.Errorf("%s and %s (%d rows)", &forth, &back, forth.Rows())
	}
	if forth.String() == other.String() {
		t.Error("other rows have the same digest")
	}
	again, ok := dump.Restore(forth.Rows(), forth.String())
	if !ok || again != forth {
		t.Errorf("restored as %s, %v", &again, ok)
	}
	if _, ok := dump.Restore(1, "zz"); ok {
		t.Error("a digest was read from what is none")
	}
}
