package wire

import (
	"encoding/json"
	"fmt"
)

// Take decodes a field of a recorded request and removes it: what is left in
// the end is what nothing has a place for. A null is as if it were not there.
func Take(fields map[string]json.RawMessage, name string, into any) (ok bool, err error) {
	raw, ok := fields[name]
	if !ok {
		return false, nil
	}
	delete(fields, name)
	if string(raw) == "null" {
		return false, nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return false, fmt.Errorf("%s: %w", name, err)
	}
	return true, nil
}
