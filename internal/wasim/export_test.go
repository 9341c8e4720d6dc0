package wasim

// ReserveDevice uses up a device number.
func (p *Phone) ReserveDevice() (uint16, error) { return p.reserve() }
