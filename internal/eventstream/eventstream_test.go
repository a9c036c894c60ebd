package eventstream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// all reads a stream to its end or first error.
func all(r io.Reader) (out []Message, err error) {
	frames := NewReader(r)
	for {
		m, err := frames.Next()
		if err != nil {
			return out, err
		}
		m.Payload = bytes.Clone(m.Payload)
		out = append(out, m)
	}
}

func two() []byte {
	b := Append(nil, []byte(`{"bytes":"e30="}`), ":event-type", "chunk", ":message-type", "event")
	return Append(b, nil)
}

func TestNext(t *testing.T) {
	want := []Message{
		{Header: map[string]string{":event-type": "chunk", ":message-type": "event"}, Payload: []byte(`{"bytes":"e30="}`)},
		{Header: map[string]string{}, Payload: []byte{}},
	}
	for name, r := range map[string]io.Reader{
		"whole":           bytes.NewReader(two()),
		"one byte a read": iotest.OneByteReader(bytes.NewReader(two())),
	} {
		got, err := all(r)
		if err != io.EOF {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestEveryHeaderType(t *testing.T) {
	b := Append(nil, []byte("x"), "s", "v")
	var headers []byte
	for kind, size := range fixedLen {
		if kind == typeBytes || kind == typeString {
			continue
		}
		headers = append(append(headers, 1, 'a'+byte(kind), byte(kind)), make([]byte, size)...)
	}
	headers = append(headers, 1, 'z', typeBytes, 0, 2, 7, 7)
	headers = append(headers, b[preludeLen:preludeLen+6]...) // s: v
	raw := append(make([]byte, preludeLen), headers...)
	raw = append(raw, 'x')
	binary.BigEndian.PutUint32(raw, uint32(len(raw)+sumLen))
	binary.BigEndian.PutUint32(raw[4:], uint32(len(headers)))
	binary.BigEndian.PutUint32(raw[8:], crc32.ChecksumIEEE(raw[:8]))
	raw = binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw))
	got, err := all(bytes.NewReader(raw))
	if err != io.EOF {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Message{{Header: map[string]string{"s": "v"}, Payload: []byte("x")}}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestEveryCutIsAnError(t *testing.T) {
	b := two()
	first := len(Append(nil, []byte(`{"bytes":"e30="}`), ":event-type", "chunk", ":message-type", "event"))
	for n := range b {
		_, err := all(bytes.NewReader(b[:n]))
		want := io.ErrUnexpectedEOF
		if n == 0 || n == first {
			want = io.EOF // between frames: only the stream above knows
		}
		if err != want {
			t.Errorf("cut at %d: got %v, want %v", n, err, want)
		}
	}
}

func TestEveryFlippedBitIsAnError(t *testing.T) {
	b := Append(nil, []byte(`{"bytes":"e30="}`), ":event-type", "chunk")
	for i := range len(b) * 8 {
		c := bytes.Clone(b)
		c[i/8] ^= 1 << (i % 8)
		if got, err := all(bytes.NewReader(c)); err == io.EOF {
			t.Errorf("bit %d: read as %q", i, got)
		}
	}
}

func TestLengthsOutOfBounds(t *testing.T) {
	for _, lengths := range [][2]uint32{{15, 0}, {1 << 31, 0}, {20, 8}, {100, 1 << 31}, {maxFrame + 1, 0}} {
		b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, lengths[0]), lengths[1])
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
		_, err := all(io.MultiReader(bytes.NewReader(b), strings.NewReader(strings.Repeat("x", 200))))
		if !errors.Is(err, ErrFrame) {
			t.Errorf("%v: got %v, want ErrFrame", lengths, err)
		}
	}
}

// FuzzReader checks that any bytes end in an error and never in a panic,
// the same however they are split, and that frames survive.
func FuzzReader(f *testing.F) {
	f.Add(two(), []byte("p"), "n", "v")
	f.Add([]byte{0, 0, 0, 16, 0, 0, 0, 0}, []byte(nil), "", "")
	f.Fuzz(func(t *testing.T, b, payload []byte, name, value string) {
		if len(name) > 255 || len(value) > 1<<16-1 || len(payload) > 1<<20 {
			t.Skip()
		}
		whole, err := all(bytes.NewReader(b))
		split, splitErr := all(iotest.OneByteReader(bytes.NewReader(b)))
		if d := cmp.Diff(whole, split); d != "" || err.Error() != splitErr.Error() {
			t.Errorf("whole %v, split %v:\n%s", err, splitErr, d)
		}
		got, err := all(bytes.NewReader(Append(nil, payload, name, value)))
		if err != io.EOF || len(got) != 1 || !bytes.Equal(got[0].Payload, payload) || got[0].Header[name] != value {
			t.Errorf("a frame of %q with %q=%q came back as %q, %v", payload, name, value, got, err)
		}
	})
}
