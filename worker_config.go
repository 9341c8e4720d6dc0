package flowhq

// WorkerConfig is what the appliance tells a worker to work by. It is sent in the answer to hello and again at each
// change; the worker keeps the last one on disk, to go on by while the appliance is away.
type WorkerConfig struct {
	Revision int64    `json:"revision"` // grows with every change; an older one is ignored
	Business Business `json:"business"`
	Version  int      `json:"version"`   // settings version that Business.Settings and FlowYAML come from
	FlowYAML string   `json:"flow_yaml"` // "": the template's own flow
	Limits   Limits   `json:"limits"`
}
