package dump

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Row is the values of a row in the order of its table's columns: nil, or what the column's Kind says.
type Row []any

// AppendRow appends the row as one line of JSON, without the line's end: an array, bytes in base64. The same row always
// gives the same line.
func AppendRow(line []byte, row Row) ([]byte, error) {
	line = append(line, '[')
	for i, v := range row {
		if i > 0 {
			line = append(line, ',')
		}
		switch v := v.(type) {
		case nil:
			line = append(line, "null"...)
		case string:
			line = appendString(line, v)
		case int64:
			line = strconv.AppendInt(line, v, 10)
		case bool:
			line = strconv.AppendBool(line, v)
		case float64:
			line = strconv.AppendFloat(line, v, 'g', -1, 64)
		case []byte:
			line = append(line, '"')
			line = base64.StdEncoding.AppendEncode(line, v)
			line = append(line, '"')
		default:
			return nil, fmt.Errorf("a %T is no value of a row", v)
		}
	}
	return append(line, ']'), nil
}

const hexDigits = "0123456789abcdef"

// appendString writes as few escapes as JSON allows. What is no UTF-8 becomes the replacement character, as everywhere.
func appendString(line []byte, s string) []byte {
	line = append(line, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				line = append(append(line, s[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		line = append(line, s[start:i]...)
		switch c {
		case '"', '\\':
			line = append(line, '\\', c)
		case '\n':
			line = append(line, '\\', 'n')
		default:
			line = append(line, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
		i++
		start = i
	}
	return append(append(line, s[start:]...), '"')
}

// ParseRow reads a line of AppendRow.
func ParseRow(columns []Column, line []byte) (Row, error) {
	if row, ok := parseOwn(columns, line); ok {
		return row, nil
	}
	var values []json.RawMessage
	if err := json.Unmarshal(line, &values); err != nil {
		return nil, fmt.Errorf("a row can't be read: %w", err)
	}
	if len(values) != len(columns) {
		return nil, fmt.Errorf("a row has %d values for %d columns", len(values), len(columns))
	}
	row := make(Row, len(columns))
	for i, c := range columns {
		if string(values[i]) == "null" {
			continue
		}
		var err error
		if row[i], err = parseValue(c.Kind, values[i]); err != nil {
			return nil, fmt.Errorf("column %s of a row can't be read: %w", c.Name, err)
		}
	}
	return row, nil
}

func parseValue(kind Kind, raw []byte) (any, error) {
	switch kind {
	case Text, JSON:
		return parse[string](raw)
	case Int, Time:
		return parse[int64](raw)
	case Bool:
		return parse[bool](raw)
	case Real:
		return parse[float64](raw)
	case Bytes:
		return parse[[]byte](raw)
	}
	return nil, fmt.Errorf("the kind %q is not known", kind)
}

func parse[V any](raw []byte) (any, error) {
	var v V
	err := json.Unmarshal(raw, &v)
	return v, err
}

// CanonicalJSON writes a document so that two that PostgreSQL would take for the same are the same text: keys sorted,
// the last of several that are alike, no blanks, numbers without exponent. What is no JSON is given back as it is.
func CanonicalJSON(doc string) string {
	dec := json.NewDecoder(bytes.NewReader([]byte(doc)))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return doc
	}
	if _, err := dec.Token(); err != io.EOF {
		return doc
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if enc.Encode(canonical(v)) != nil {
		return doc
	}
	return string(bytes.TrimRight(out.Bytes(), "\n"))
}

func canonical(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = canonical(value)
		}
	case []any:
		for i := range v {
			v[i] = canonical(v[i])
		}
	case json.Number:
		return canonicalNumber(v)
	}
	return v
}

// maxExponent bounds how many zeros an exponent may be written out as.
const maxExponent = 1000

// canonicalNumber writes an exponent out, as PostgreSQL does; digits behind the point are kept, zeros too.
func canonicalNumber(n json.Number) json.Number {
	text := string(n)
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	mantissa, exponent, has := strings.Cut(strings.ToLower(text), "e")
	if has {
		shift, err := strconv.Atoi(exponent)
		if err != nil || shift > maxExponent || shift < -maxExponent {
			return n
		}
		mantissa = shifted(mantissa, shift)
	}
	if strings.Trim(mantissa, "0.") == "" {
		sign = ""
	}
	return json.Number(sign + mantissa)
}

// shifted moves the point of a number without sign and exponent.
func shifted(number string, by int) string {
	whole, fraction, _ := strings.Cut(number, ".")
	point := len(whole) + by
	digits := whole + fraction
	if point < 1 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	whole, fraction = strings.TrimLeft(digits[:point], "0"), digits[point:]
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}
