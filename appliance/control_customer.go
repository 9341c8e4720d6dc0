package appliance

import "net/http"

// ErasedView tells what was erased of a customer.
type ErasedView struct {
	Rows int64 `json:"rows"`
}

func (c *control) exportCustomer(r *http.Request) (any, error) {
	t, err := c.find(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return nil, err
	}
	return c.services.Erasure.CustomerData(r.Context(), t.ID, r.PathValue("chat"))
}

func (c *control) eraseCustomer(r *http.Request) (any, error) {
	t, err := c.find(r.Context(), r.PathValue("tenant"))
	if err != nil {
		return nil, err
	}
	rows, err := c.services.Erasure.EraseCustomer(r.Context(), byConsole, t.ID, r.PathValue("chat"))
	return ErasedView{Rows: rows}, err
}
