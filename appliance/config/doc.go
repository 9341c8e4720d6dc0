// Package config reads what the appliance is told by its surroundings: names and defaults of CONTRACT section 1.
//
// The process environment counts first, then the environment file, which is read afresh each time. Everything that is
// wrong is reported together, one line per name, so that nobody has to start the program once for each mistake.
//
// It may import the root package and caarlos0/env. It opens no database and no port, and never logs.
package config
