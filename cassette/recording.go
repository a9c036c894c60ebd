package cassette

import (
	"net/http"
	"net/url"
	"time"
)

// Version is the version of the file format: go-vcr's second.
const Version = 2

// A Recording is the content of a cassette file. It is plain data: nothing in
// it is shared with a Cassette that plays it.
type Recording struct {
	Comment      string // lines for humans at the head of the file, without "#"
	Version      int    // 2; zero is written as 2
	Interactions []Interaction

	// Interrupted says that the program that wrote the file was killed or is
	// still running: the interactions are in the order in which they ended,
	// their IDs in the order in which they began. It is not written.
	Interrupted bool
}

// An Interaction is one exchange: an HTTP request with its response or, when
// Effect is set, the result of a call that was not HTTP.
type Interaction struct {
	ID      int       // number in the file; not checked
	Started time.Time // when the request was made; zero when not recorded

	// Outcome tells how the exchange ended. All but Complete are stored where
	// go-vcr cannot match them: it would replay them as success.
	Outcome Outcome
	Error   string // what ended it, for every Outcome but Complete

	// Lane is the part of the program that made the request, if Match.Lane
	// named one.
	Lane string

	// Supersedes has the IDs of failures that were asked again and that Close
	// would have taken out. It is only in files whose program was killed.
	Supersedes []int

	Request  Request
	Response Response // Code is 0 when the exchange ended before a response
	Effect   *Effect  // when set, Request and Response are zero
}

// Outcome tells how an exchange ended.
type Outcome string

// The outcomes of an exchange.
const (
	Complete  Outcome = ""          // the response was read to its end
	Cut       Outcome = "cut"       // the connection failed in the body
	Cancelled Outcome = "cancelled" // the caller gave up before the end
	Failed    Outcome = "error"     // there was no response at all
	Begun     Outcome = "begun"     // an effect's mark: it was started, and no more is known
)

// hollow reports whether the interaction says nothing: what is left when
// go-vcr saves a file with exchanges that it cannot see.
func (i *Interaction) hollow() bool {
	return i.Effect == nil && i.Request.Method == "" && i.Request.URL == "" && i.Response.Code == 0
}

// Request is a recorded request, with go-vcr's fields.
type Request struct {
	Proto            string      `yaml:"proto"`
	ProtoMajor       int         `yaml:"proto_major"`
	ProtoMinor       int         `yaml:"proto_minor"`
	ContentLength    int64       `yaml:"content_length"`
	TransferEncoding []string    `yaml:"transfer_encoding"`
	Trailer          http.Header `yaml:"trailer"`
	Host             string      `yaml:"host"`
	RemoteAddr       string      `yaml:"remote_addr"`
	RequestURI       string      `yaml:"request_uri"`
	Body             string      `yaml:"body"`
	Form             url.Values  `yaml:"form"`
	Header           http.Header `yaml:"headers"`
	URL              string      `yaml:"url"`
	Method           string      `yaml:"method"`
}

// Response is a recorded response, with go-vcr's fields and the stream's
// chunks.
type Response struct {
	Proto            string        `yaml:"proto"`
	ProtoMajor       int           `yaml:"proto_major"`
	ProtoMinor       int           `yaml:"proto_minor"`
	TransferEncoding []string      `yaml:"transfer_encoding"`
	Trailer          http.Header   `yaml:"trailer"`
	ContentLength    int64         `yaml:"content_length"` // -1: not announced
	Uncompressed     bool          `yaml:"uncompressed"`
	Body             string        `yaml:"body"`
	Header           http.Header   `yaml:"headers"`
	Status           string        `yaml:"status"` // "200 OK"; empty in some files
	Code             int           `yaml:"code"`
	Duration         time.Duration `yaml:"duration"` // from the request to the response's headers

	// Chunks says how Body arrived. The sizes add up to len(Body); a last
	// chunk of size 0 holds the wait for the end. Nil when it is not known.
	Chunks []Chunk `yaml:"-"`
}

// A Chunk is a piece of a body that arrived at once.
type Chunk struct {
	Size int           // bytes
	Wait time.Duration // since the chunk before it, or since the headers; microseconds are kept
}

// Elapsed returns the time from the request to the end of the response, and
// false when the recording does not tell.
func (r *Response) Elapsed() (time.Duration, bool) {
	if r.Chunks == nil {
		return 0, false
	}
	d := r.Duration
	for _, c := range r.Chunks {
		d += c.Wait
	}
	return d, true
}

// An Effect is a recorded call that was not HTTP, such as a tool's.
type Effect struct {
	Name     string        `yaml:"name"`
	Input    string        `yaml:"input"`
	Output   string        `yaml:"output"`
	Once     bool          `yaml:"once"` // it must never run a second time
	Duration time.Duration `yaml:"duration"`
}
