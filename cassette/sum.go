package cassette

import (
	"encoding/binary"
	"hash/maphash"
)

// A sum stands for a text: another has another. It is a hash of 128 bits, whose
// seeds nobody knows.
type sum [2]uint64

var seeds = [...]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func sumOf(text string) sum {
	return sum{maphash.String(seeds[0], text), maphash.String(seeds[1], text)}
}

func sumOfBytes(text []byte) sum {
	return sum{maphash.Bytes(seeds[0], text), maphash.Bytes(seeds[1], text)}
}

func (s sum) append(dst []byte) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, s[0]), s[1])
}
