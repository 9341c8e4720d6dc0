package config

// ControlSocketName is the control socket's name in RUNTIME_DIR.
const ControlSocketName = "control.sock"

// RuntimeDirOf gives the RUNTIME_DIR of a source whose other settings need not be right: a command that only looks for
// the running appliance wants no password.
func RuntimeDirOf(src Source) string {
	l := &loader{src: src}
	l.readFile()
	l.overlay(src.Environ)
	return l.folder(l.values["RUNTIME_DIR"], installedRuntime, handRuntime)
}
