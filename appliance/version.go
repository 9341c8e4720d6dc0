package appliance

// Version is the product's version. The linker writes it (-X flowhq/appliance.Version=…); nothing else may.
var Version = "dev"
