package recordings

import (
	"encoding/json"
	"testing"
)

// An Object is a JSON object. What it does not have is zero.
type Object map[string]any

// Parse reads an object.
func Parse(t *testing.T, data string) Object {
	t.Helper()
	var o Object
	if err := json.Unmarshal([]byte(data), &o); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return o
}

// Objects reads the [Data] of a body.
func Objects(t *testing.T, body string) (objects []Object) {
	t.Helper()
	for _, data := range Data(body) {
		objects = append(objects, Parse(t, data))
	}
	return objects
}

// Object is a member that is one.
func (o Object) Object(key string) Object {
	v, _ := o[key].(map[string]any)
	return v
}

// Text is a member that is a string.
func (o Object) Text(key string) string {
	v, _ := o[key].(string)
	return v
}

// Number is a member that is an integer.
func (o Object) Number(key string) int64 {
	v, _ := o[key].(float64)
	return int64(v)
}

// List is a member that is a list of objects.
func (o Object) List(key string) []Object {
	var out []Object
	l, _ := o[key].([]any)
	for _, v := range l {
		m, _ := v.(map[string]any)
		out = append(out, m)
	}
	return out
}
