package cassette

import (
	"net/http"
	"net/url"
	"time"
)

// A field binds a key of the file to the place of its value. The tables below
// are in the order of go-vcr's files; reading and writing both follow them.
type field struct {
	name string
	omit bool // not written when zero
	at   any  // *string, *int, *int64, *bool, *time.Duration, *[]string, *[]int, *map[string][]string or *[]Chunk
}

func (r *Request) fields() [14]field {
	return [14]field{
		{"proto", false, &r.Proto},
		{"proto_major", false, &r.ProtoMajor},
		{"proto_minor", false, &r.ProtoMinor},
		{"content_length", false, &r.ContentLength},
		{"transfer_encoding", true, &r.TransferEncoding},
		{"trailer", true, headerAt(&r.Trailer)},
		{"host", false, &r.Host},
		{"remote_addr", true, &r.RemoteAddr},
		{"request_uri", true, &r.RequestURI},
		{"body", true, &r.Body},
		{"form", true, formAt(&r.Form)},
		{"headers", true, headerAt(&r.Header)},
		{"url", false, &r.URL},
		{"method", false, &r.Method},
	}
}

func (r *Response) fields() [13]field {
	return [13]field{
		{"proto", false, &r.Proto},
		{"proto_major", false, &r.ProtoMajor},
		{"proto_minor", false, &r.ProtoMinor},
		{"transfer_encoding", true, &r.TransferEncoding},
		{"trailer", true, headerAt(&r.Trailer)},
		{"content_length", false, &r.ContentLength},
		{"uncompressed", true, &r.Uncompressed},
		{"body", false, &r.Body},
		{"headers", false, headerAt(&r.Header)},
		{"status", false, &r.Status},
		{"code", false, &r.Code},
		{"duration", false, &r.Duration},
		{"chunks", true, &r.Chunks},
	}
}

func (e *Effect) fields() [5]field {
	return [5]field{
		{"name", false, &e.Name},
		{"input", true, &e.Input},
		{"output", true, &e.Output},
		{"once", true, &e.Once},
		{"duration", false, &e.Duration},
	}
}

func headerAt(h *http.Header) *map[string][]string { return (*map[string][]string)(h) }
func formAt(f *url.Values) *map[string][]string    { return (*map[string][]string)(f) }

// zero reports whether the field's value is left out by omitempty.
func (f field) zero() bool {
	switch at := f.at.(type) {
	case *string:
		return *at == ""
	case *int:
		return *at == 0
	case *int64:
		return *at == 0
	case *bool:
		return !*at
	case *time.Duration:
		return *at == 0
	case *[]string:
		return len(*at) == 0
	case *[]int:
		return len(*at) == 0
	case *map[string][]string:
		return len(*at) == 0
	case *[]Chunk:
		return *at == nil
	}
	return false
}
