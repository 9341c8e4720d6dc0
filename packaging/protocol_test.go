package packaging_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"flowhq/wire"
)

var protocolNames = regexp.MustCompile(`flowhq-engine-protocol-(\d+)`)

// The packages name the versions of the protocol that their programs speak: apt installs no appliance without an engine
// that it can talk to.
func TestPackagesNameTheProtocol(t *testing.T) {
	var want []int
	for v := wire.OldestProtocol; v <= wire.Protocol; v++ {
		want = append(want, v)
	}
	for _, file := range []string{"../nfpm.yaml", "engine/nfpm.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var named []int
		for _, m := range protocolNames.FindAllStringSubmatch(string(text), -1) {
			v, err := strconv.Atoi(m[1])
			if err != nil {
				t.Fatal(err)
			}
			named = append(named, v)
		}
		slices.Sort(named)
		if named = slices.Compact(named); !slices.Equal(named, want) {
			t.Errorf("%s names the versions %v of the protocol, the programs speak %v", file, named, want)
		}
	}
}
