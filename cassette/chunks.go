package cassette

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Chunks are stored as one line, a piece each: the size in bytes, "@", and
// the wait in microseconds, as in "246@0 239@1042 0@310". No chunks at all,
// for a body that was known to be empty, is "-".

func appendChunks(dst []byte, chunks []Chunk) []byte {
	if len(chunks) == 0 {
		return append(dst, `"-"`...)
	}
	for i, c := range chunks {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendInt(dst, int64(c.Size), 10)
		dst = append(dst, '@')
		dst = strconv.AppendInt(dst, c.Wait.Microseconds(), 10)
	}
	return dst
}

func parseChunks(s string) ([]Chunk, error) {
	if s == "-" {
		return []Chunk{}, nil
	}
	chunks := make([]Chunk, 0, strings.Count(s, " ")+1)
	for piece := range strings.SplitSeq(s, " ") {
		size, wait, _ := strings.Cut(piece, "@")
		n, err := strconv.ParseUint(size, 10, 31)
		us, err2 := strconv.ParseUint(wait, 10, 53)
		if err != nil || err2 != nil {
			return nil, fmt.Errorf("chunks: %q is not size@microseconds", piece)
		}
		chunks = append(chunks, Chunk{int(n), time.Duration(us) * time.Microsecond})
	}
	return chunks, nil
}

// trust returns the chunks if they describe a body of n bytes, and nil if
// the body was changed by something that did not know them.
func trust(chunks []Chunk, n int) []Chunk {
	for _, c := range chunks {
		n -= c.Size
	}
	if n != 0 {
		return nil
	}
	return chunks
}
