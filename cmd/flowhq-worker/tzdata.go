//go:build !packaged

package main

import _ "time/tzdata" // a small server may have no time zones of its own; the packages depend on tzdata instead
