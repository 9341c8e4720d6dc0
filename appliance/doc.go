// Package appliance is the composition root: it reads the configuration, makes the parts, connects them, starts them in
// order and stops them in the opposite one.
//
// It is the one place that may import every other package of the product; none of them may import it, commands apart.
package appliance
