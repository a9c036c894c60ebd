package cassette

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Format is what Import can read: HAR, the cassettes of vcrpy (YAML and
// JSON), of Ruby's VCR and of go-vcr, and httprr traces, each also compressed
// with gzip.
type Format string

// The formats that are known.
const (
	HAR     Format = "HAR"
	VCRPy   Format = "vcrpy"
	RubyVCR Format = "Ruby VCR"
	GoVCR1  Format = "go-vcr 1"
	HTTPRR  Format = "httprr"
	GoVCR2  Format = "go-vcr 2" // as Load reads it
)

// Import reads what another tool recorded, in any known Format, from r to its
// end, and tells which format it was. Bodies are decompressed. The usual
// credentials are taken out, as by Redact.Scrub; what else is secret is up to
// the caller.
func Import(r io.Reader) (*Recording, Format, error) {
	data, err := io.ReadAll(r)
	if err == nil && bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		data, err = gunzip(data)
	}
	if err != nil {
		return nil, "", fmt.Errorf("cassette: import: %w", err)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	format, err := importFormat(data)
	if err != nil {
		return nil, "", fmt.Errorf("cassette: import: %w", err)
	}
	rec, err := importAs(format, data)
	if err != nil {
		return nil, format, fmt.Errorf("cassette: import: not a whole %s recording: %w", format, err)
	}
	if format == GoVCR2 {
		new(Redact).Scrub(rec)
		return rec, format, nil
	}
	rec.Version = Version
	for n := range rec.Interactions {
		i := &rec.Interactions[n]
		i.ID = n
		if err := completeImport(i); err != nil {
			return nil, format, fmt.Errorf("cassette: import: exchange %d: %w", n, err)
		}
	}
	new(Redact).Scrub(rec)
	return rec, format, nil
}

func importAs(format Format, data []byte) (*Recording, error) {
	switch format {
	case HAR:
		return readHAR(data)
	case VCRPy:
		return readVCRPy(data)
	case RubyVCR:
		return readRuby(data)
	case GoVCR1:
		return readGoVCR1(data)
	case HTTPRR:
		return readHTTPRR(data)
	}
	return Read(bytes.NewReader(data))
}

// completeImport fills in what a format leaves out.
func completeImport(i *Interaction) error {
	q, p := &i.Request, &i.Response
	q.Method = strings.ToUpper(q.Method)
	if !i.complete() {
		return errors.New("it has no URL or no status code")
	}
	if q.Proto == "" {
		q.Proto, q.ProtoMajor, q.ProtoMinor = "HTTP/1.1", 1, 1
	}
	q.ContentLength = int64(len(q.Body))
	importProto(p)
	if err := undoGzip(p); err != nil {
		return err
	}
	p.Header.Del("Content-Length") // of what it was
	p.Header.Del("Transfer-Encoding")
	p.ContentLength = -1
	if p.Status == "" {
		p.Status = http.StatusText(p.Code)
	}
	if code := strconv.Itoa(p.Code); !strings.HasPrefix(p.Status, code) {
		p.Status = strings.TrimSpace(code + " " + p.Status)
	}
	return nil
}

// importProto puts the protocol's name into go-vcr's form.
func importProto(p *Response) {
	name := strings.ToUpper(p.Proto)
	switch {
	case name == "H3" || strings.HasPrefix(name, "HTTP/3"):
		p.Proto, p.ProtoMajor, p.ProtoMinor = "HTTP/3.0", 3, 0
	case name == "H2" || strings.HasPrefix(name, "HTTP/2"):
		p.Proto, p.ProtoMajor, p.ProtoMinor = "HTTP/2.0", 2, 0
	default:
		p.Proto, p.ProtoMajor, p.ProtoMinor = "HTTP/1.1", 1, 1
	}
}

// undoGzip undoes gzip, as Go's client does.
func undoGzip(p *Response) error {
	if !strings.EqualFold(p.Header.Get("Content-Encoding"), "gzip") {
		return nil
	}
	if strings.HasPrefix(p.Body, "\x1f\x8b") {
		body, err := gunzip([]byte(p.Body))
		if err != nil {
			return fmt.Errorf("its body is not whole gzip: %w", err)
		}
		p.Body = string(body)
	}
	p.Header.Del("Content-Encoding")
	p.Uncompressed = true
	return nil
}

// gunzip decompresses up to a bound that no recording reaches.
func gunzip(data []byte) ([]byte, error) {
	const most = 1 << 30
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, most+1))
	if len(out) > most {
		return nil, errors.New("too large")
	}
	return out, err
}

// anyHeader is a header in YAML or JSON: a value or a list of them each.
type anyHeader map[string]any

func (h anyHeader) http() http.Header {
	out := http.Header{}
	for name, value := range h {
		switch value := value.(type) {
		case nil:
		case []any:
			for _, v := range value {
				out.Add(name, fmt.Sprint(v))
			}
		default:
			out.Add(name, fmt.Sprint(value))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// latin1 undoes what some writers do to bytes: each became the character
// with its number. Other text is returned as it is.
func latin1(s string) string {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return s
		}
		out = append(out, byte(r))
	}
	if utf8.Valid(out) || !bytes.HasPrefix(out, []byte("\x1f\x8b")) {
		return s
	}
	return string(out)
}
