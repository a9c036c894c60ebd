package cassette

import "strings"

// OneByte is a Split that gives each byte by itself.
func OneByte(body string, _ []Chunk) []Chunk {
	chunks := make([]Chunk, len(body))
	for n := range chunks {
		chunks[n].Size = 1
	}
	return chunks
}

// SplitAt returns a Split that gives the first n bytes, and then the rest. A
// decoder that is right gives the same result for every n.
func SplitAt(n int) func(string, []Chunk) []Chunk {
	return func(body string, _ []Chunk) []Chunk {
		n := min(n, len(body))
		return []Chunk{{Size: n}, {Size: len(body) - n}}
	}
}

// Events is a Split that keeps recorded chunks and, where there are none,
// gives each event of an event stream, or each line, by itself.
func Events(body string, recorded []Chunk) []Chunk {
	if recorded != nil {
		return recorded
	}
	var chunks []Chunk
	size := 0
	for line := range strings.Lines(body) {
		size += len(line)
		if strings.Trim(line, "\r\n") == "" || !isEvents(body) {
			chunks = append(chunks, Chunk{Size: size})
			size = 0
		}
	}
	return append(chunks, Chunk{Size: size})
}
