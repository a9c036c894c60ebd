package wire

import (
	"encoding/json"
	"errors"
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
	err = json.Unmarshal(raw, into)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &wrong) && wrong.Field != "":
		return false, fmt.Errorf("%s: its %s cannot be of type %s", name, wrong.Field, wrong.Value)
	case errors.As(err, &wrong):
		return false, fmt.Errorf("%s: a value of type %s does not belong there", name, wrong.Value)
	}
	return false, fmt.Errorf("%s: %w", name, err)
}
