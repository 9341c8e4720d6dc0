package flowhq

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Item is a service or a product. Price is in whole units of the tenant's currency; 0 means "on request".
type Item struct {
	Name      string `json:"name"`
	Price     int64  `json:"price"`
	Unit      string `json:"unit,omitempty"`
	Available bool   `json:"available"`
}

// UnmarshalJSON reads an item; one that does not say whether it is available is.
func (i *Item) UnmarshalJSON(data []byte) error {
	var raw struct {
		Name      string `json:"name"`
		Price     int64  `json:"price"`
		Unit      string `json:"unit"`
		Available *bool  `json:"available"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*i = Item{Name: raw.Name, Price: raw.Price, Unit: raw.Unit, Available: raw.Available == nil || *raw.Available}
	return nil
}

func normalizeItems(items []Item) []Item {
	out := make([]Item, 0, len(items))
	for _, i := range items {
		i.Name, i.Unit = strings.TrimSpace(i.Name), strings.TrimSpace(i.Unit)
		out = append(out, i)
	}
	return out
}

func checkItems(field string, items []Item) []FieldError {
	var wrong []FieldError
	add := func(at, key string, args ...any) { wrong = append(wrong, Wrong(at, key, args...)) }
	if len(items) > MaxItems {
		add(field, "field.too_many", "limit", MaxItems)
		return wrong
	}
	seen := make(map[string]bool, len(items))
	for n, i := range items {
		at := fmt.Sprintf("%s[%d]", field, n)
		switch key := strings.ToLower(i.Name); {
		case i.Name == "":
			add(at+".name", "field.empty")
		case len([]rune(i.Name)) > MaxNameLength:
			add(at+".name", "field.too_long", "limit", MaxNameLength)
		case seen[key]:
			add(at+".name", "field.twice", "value", i.Name)
		default:
			seen[key] = true
		}
		if i.Price < 0 || i.Price > MaxPrice {
			add(at+".price", "field.between", "from", 0, "to", MaxPrice)
		}
	}
	return wrong
}
