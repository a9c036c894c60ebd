package peer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// The kinds of work that read a value while it comes: an object with the one
// member "value", a list of so many elements, as JSON in text deltas.
const (
	List   = "list"   // each element when it is whole
	Object = "object" // the object as far as it has come, each time that it has grown
)

// Elements is what the answer says.
type Elements struct {
	Value []Element `json:"value"`
}

type Element struct {
	ID    int      `json:"id"`
	Name  string   `json:"name"`
	Price float64  `json:"price"`
	Tags  []string `json:"tags"`
}

// piece is how many bytes of JSON a delta brings: about two tokens.
const piece = 8

func elementStream(size int) []byte {
	var v Elements
	for i := range size {
		v.Value = append(v.Value, Element{ID: i, Name: "Part " + strconv.Itoa(i), Price: float64(i) + 0.25, Tags: []string{"new", "blue"}})
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // a mistake in what stands above
	}
	var b bytes.Buffer
	for len(text) > 0 {
		n := min(piece, len(text))
		b.WriteString(head + `"content":"` + quoted(string(text[:n])) + `"` + tail)
		text = text[n:]
	}
	fmt.Fprintf(&b, head+last, "stop", size, 331+size)
	return b.Bytes()
}

// Came checks what a peer read, in so many values, and returns how many bytes
// the names have.
func Came(values int, all []Element, size int) (int, error) {
	if values < size {
		return 0, fmt.Errorf("%d elements came in %d values", size, values)
	}
	n := 0
	for i, e := range all {
		if e.ID != i || len(e.Tags) != 2 {
			return 0, fmt.Errorf("element %d came as %+v", i, e)
		}
		n += len(e.Name)
	}
	return n, nil
}
