package dump_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"flowhq/storage/dump"
)

var everyKind = []dump.Column{
	{Name: "t", Kind: dump.Text}, {Name: "j", Kind: dump.JSON}, {Name: "i", Kind: dump.Int},
	{Name: "at", Kind: dump.Time},
	{Name: "b", Kind: dump.Bytes}, {Name: "y", Kind: dump.Bool}, {Name: "r", Kind: dump.Real},
}

func TestRowsAreLinesOfJSON(t *testing.T) {
	for _, row := range []dump.Row{
		{nil, nil, nil, nil, nil, nil, nil},
		{"", `{"a":1}`, int64(0), int64(-1), []byte{}, false, 0.0},
		{"Habari \"yako\"\\ \t\r\n\x01\x7f 😀 \u2028<&>", `"x"`, int64(1) << 62, int64(1772366400123), []byte{0, 255, 7},
			true, 1e300},
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

// The quick way reads what the general one reads, or leaves it to it.
func FuzzParse(f *testing.F) {
	columns := []dump.Column{{Name: "t", Kind: dump.Text}, {Name: "i", Kind: dump.Int}, {Name: "b", Kind: dump.Bytes}}
	for _, line := range []string{
		`["a",1,"AP8H"]`, `[null,null,null]`, `["\u00e9\"\\",-1,""]`, "[\"\xff\",0,null]", `["a",01,""]`, `["a",-0,""]`,
		`["a",1.0,""]`, `["a", 1,""]`, `["a",1,"%"]`, `["a\",1,""]`,
		`["a",1,""]x`, `["a",1]`, "[\"a\tb\",1,\"\"]", `["\ud83d\ude00\ud83d",9223372036854775808,""]`, `[nullx,1,""]`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		got, err := dump.ParseRow(columns, line)
		want, wantErr := general(line)
		if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%q was read as %#v, %v; want %#v, %v", line, got, err, want, wantErr)
		}
	})
}

// general reads a line of a text, a number and bytes as any JSON.
func general(line []byte) (dump.Row, error) {
	var cells []json.RawMessage
	if err := json.Unmarshal(line, &cells); err != nil {
		return nil, err
	}
	if len(cells) != 3 {
		return nil, errors.New("not three values")
	}
	row := make(dump.Row, 3)
	read := []func([]byte) (any, error){
		func(raw []byte) (any, error) { var v string; err := json.Unmarshal(raw, &v); return v, err },
		func(raw []byte) (any, error) { var v int64; err := json.Unmarshal(raw, &v); return v, err },
		func(raw []byte) (any, error) { var v []byte; err := json.Unmarshal(raw, &v); return v, err },
	}
	for i, cell := range cells {
		if string(cell) == "null" {
			continue
		}
		var err error
		if row[i], err = read[i](cell); err != nil {
			return nil, err
		}
	}
	return row, nil
}

func TestRowsThatAreNone(t *testing.T) {
	for _, line := range []string{"", "[", "[1]", `{"t":1}`, `[1,"",0,0,"",true,0]`, `["","",1.5,0,"",true,0]`,
		`["","",1,0,"%",true,0]`} {
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
