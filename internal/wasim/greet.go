package wasim

// greetDevice sends what a phone tells a device it has just linked.
func (p *Phone) greetDevice(*Device) error { return nil }
