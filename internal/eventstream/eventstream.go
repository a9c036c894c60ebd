// Package eventstream reads the binary framing of streams from AWS
// (application/vnd.amazon.eventstream):
// https://smithy.io/2.0/aws/amazon-eventstream.html
package eventstream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A Message is one frame. Its payload is valid until the next call of Next.
type Message struct {
	// Header holds the headers whose value is a string. What a frame is, is
	// in :message-type (event, exception, error), and which one in
	// :event-type, :exception-type or :error-code.
	Header  map[string]string
	Payload []byte
}

// ErrFrame is in the error of Next for bytes that are no frame.
var ErrFrame = errors.New("not an event stream frame")

// A Reader reads frames.
type Reader struct {
	src io.Reader
	buf bytes.Buffer
}

// NewReader returns a reader of frames from src.
func NewReader(src io.Reader) *Reader { return &Reader{src: src} }

const (
	preludeLen = 12 // total length, headers' length, checksum of both
	sumLen     = 4
	// maxFrame bounds a frame: 16 MiB of payload and 128 KiB of headers.
	maxFrame = 16<<20 + 128<<10 + preludeLen + sumLen
)

// Next returns the next frame. The error is io.EOF at an end between frames,
// io.ErrUnexpectedEOF at one within, and wraps [ErrFrame] where a length or
// a checksum is wrong.
func (r *Reader) Next() (Message, error) {
	r.buf.Reset()
	if err := r.read(preludeLen); err != nil {
		if err == io.ErrUnexpectedEOF && r.buf.Len() == 0 {
			err = io.EOF
		}
		return Message{}, err
	}
	b := r.buf.Bytes()
	total, headers := int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))
	switch {
	case crc32.ChecksumIEEE(b[:8]) != binary.BigEndian.Uint32(b[8:]):
		return Message{}, fmt.Errorf("%w: the checksum of its lengths is wrong", ErrFrame)
	case total < preludeLen+headers+sumLen || total > maxFrame:
		return Message{}, fmt.Errorf("%w: a length of %d, with %d of headers", ErrFrame, total, headers)
	}
	if err := r.read(total - preludeLen); err != nil {
		return Message{}, err
	}
	b = r.buf.Bytes()
	end := len(b) - sumLen
	if crc32.ChecksumIEEE(b[:end]) != binary.BigEndian.Uint32(b[end:]) {
		return Message{}, fmt.Errorf("%w: its checksum is wrong", ErrFrame)
	}
	h, err := readHeaders(b[preludeLen : preludeLen+headers])
	return Message{Header: h, Payload: b[preludeLen+headers : end]}, err
}

// read adds n bytes to the buffer, which grows as they come.
func (r *Reader) read(n int64) error {
	_, err := io.CopyN(&r.buf, r.src, n)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// The types of a header's value.
const (
	typeTrue, typeFalse                     = 0, 1
	typeByte, typeShort, typeInt, typeLong  = 2, 3, 4, 5
	typeBytes, typeString, typeTime, typeID = 6, 7, 8, 9
)

var fixedLen = [...]int{typeTrue: 0, typeFalse: 0, typeByte: 1, typeShort: 2, typeInt: 4, typeLong: 8, typeTime: 8, typeID: 16}

func readHeaders(b []byte) (map[string]string, error) {
	h := make(map[string]string, 4)
	for len(b) > 0 {
		n := int(b[0])
		if len(b) < 1+n+1 {
			return nil, fmt.Errorf("%w: a header is cut off", ErrFrame)
		}
		name, kind := string(b[1:1+n]), b[1+n]
		b = b[1+n+1:]
		size := 0
		switch {
		case kind == typeBytes || kind == typeString:
			if len(b) < 2 {
				return nil, fmt.Errorf("%w: header %q is cut off", ErrFrame, name)
			}
			size = int(binary.BigEndian.Uint16(b))
			b = b[2:]
		case int(kind) < len(fixedLen):
			size = fixedLen[kind]
		default:
			return nil, fmt.Errorf("%w: header %q is of unknown type %d", ErrFrame, name, kind)
		}
		if len(b) < size {
			return nil, fmt.Errorf("%w: header %q is cut off", ErrFrame, name)
		}
		if kind == typeString {
			h[name] = string(b[:size])
		}
		b = b[size:]
	}
	return h, nil
}

// Append appends a frame to b: for tests and for servers. Headers are
// strings, in the order given as names and values.
func Append(b, payload []byte, headers ...string) []byte {
	start := len(b)
	b = append(b, make([]byte, preludeLen)...)
	for i := 0; i+1 < len(headers); i += 2 {
		b = append(b, byte(len(headers[i])))
		b = append(b, headers[i]...)
		b = append(b, typeString)
		b = binary.BigEndian.AppendUint16(b, uint16(len(headers[i+1])))
		b = append(b, headers[i+1]...)
	}
	headersLen := len(b) - start - preludeLen
	b = append(b, payload...)
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start+sumLen))
	binary.BigEndian.PutUint32(b[start+4:], uint32(headersLen))
	binary.BigEndian.PutUint32(b[start+8:], crc32.ChecksumIEEE(b[start:start+8]))
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start:]))
}
