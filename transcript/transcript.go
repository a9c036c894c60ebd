// Package transcript reads recorded exchanges, whatever model API they were
// with, as requests and responses in the words of package reprise.
//
//	rec, err := cassette.Load("testdata/run.yaml")
//	…
//	doc := transcript.Of("testdata/run.yaml", rec)
//	fmt.Println(doc.Usage.Input, doc.Exchanges[0].Response.Text())
package transcript

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/internal/codec"
	"github.com/repriselabs/reprise/price"
)

// A Document is a recording as a conversation: what "reprise show --json"
// prints.
type Document struct {
	File      string        `json:"file"`
	Exchanges []Exchange    `json:"exchanges"`
	Usage     reprise.Usage `json:"usage"` // the sum
	Cost      *Cost         `json:"cost"`  // the sum; nil: that of some model call is not known
}

// An Exchange is one recorded request and its answer.
type Exchange struct {
	ID       int               `json:"id"`  // the interaction's number
	API      *string           `json:"api"` // nil: it is no model call
	Provider string            `json:"provider"`
	Model    string            `json:"model"` // as answered, else as asked
	Request  *reprise.Request  `json:"request"`
	Response *reprise.Response `json:"response"` // nil: there was none
	Cost     *Cost             `json:"cost"`     // nil: not known

	FirstByte *Millis `json:"first_byte_ms"` // from the request to the answer's head
	Duration  *Millis `json:"duration_ms"`   // from the request to the answer's end; nil: not recorded
	Error     *Error  `json:"error"`         // nil: the answer is whole

	// Method, URL and Status are of the HTTP exchange.
	Method string `json:"method"`
	URL    string `json:"url"`
	Status int    `json:"status"`

	// At is when it was made; zero: the recording does not tell.
	At time.Time `json:"at,omitzero"`
}

// Error is why an exchange has no whole answer.
type Error struct {
	Kind    reprise.Kind `json:"kind"`
	Message string       `json:"message"`
}

// Millis is a duration, in JSON as milliseconds.
type Millis time.Duration

// MarshalJSON writes milliseconds, with microseconds as their fraction.
func (m Millis) MarshalJSON() ([]byte, error) {
	us := time.Duration(m).Round(time.Microsecond).Microseconds()
	if us%1000 == 0 {
		return fmt.Append(nil, us/1000), nil
	}
	return fmt.Appendf(nil, "%d.%03d", us/1000, us%1000), nil
}

// Cost is what an exchange, or all of them, cost.
type Cost struct {
	USD    reprise.USD `json:"usd"`
	Source string      `json:"source"` // provider: it said so; table: by package price; mixed: a sum of both
	// Table is what package price says, where the provider says otherwise.
	Table *reprise.USD `json:"table,omitempty"`
}

// Of reads a recording; file is only its name in the document. An exchange
// that cannot be understood says so in its Error.
func Of(file string, rec *cassette.Recording) *Document {
	doc := &Document{File: file, Exchanges: []Exchange{}}
	for i := range rec.Interactions {
		in := &rec.Interactions[i]
		if in.Effect != nil || in.Request.URL == "" {
			continue // a call, or what go-vcr saves of a failure: nothing
		}
		ex := Read(in)
		doc.Exchanges = append(doc.Exchanges, ex)
		if ex.Response != nil {
			doc.Usage = doc.Usage.Add(ex.Response.Usage)
		}
	}
	doc.Cost = costOf(doc.Exchanges)
	return doc
}

// costOf is the sum, or nil if that of some model call is not known.
func costOf(exchanges []Exchange) *Cost {
	var sum Cost
	for _, ex := range exchanges {
		switch {
		case ex.API == nil || ex.Cost == nil && ex.Response == nil:
			continue // it cost nothing, as far as anyone can tell
		case ex.Cost == nil:
			return nil
		}
		sum.add(ex.Cost)
	}
	if sum.Source == "" {
		return nil
	}
	return &sum
}

func (c *Cost) add(d *Cost) {
	c.USD += d.USD
	if c.Source == "" {
		c.Source = d.Source
	}
	if c.Source != d.Source {
		c.Source = "mixed"
	}
}

// Read reads one recorded exchange.
func Read(in *cassette.Interaction) Exchange {
	ex := Exchange{
		ID: in.ID, Method: in.Request.Method, URL: in.Request.URL, Status: in.Response.Code,
		At: when(in), FirstByte: millis(in.Response.Duration),
	}
	if d, ok := in.Response.Elapsed(); ok {
		ex.Duration = millis(d)
	}
	c, ok := codecOf(&in.Request)
	if !ok {
		ex.outcome(in)
		return ex
	}
	ex.API = &c.API
	ex.Provider = c.Provider
	req, err := c.Request()
	if err != nil {
		ex.Error = &Error{Kind: reprise.KindInvalid, Message: err.Error()}
	}
	ex.Request = req
	ex.answer(in, c, req)
	ex.name(c)
	ex.price()
	return ex
}

// codecOf finds what reads a recorded exchange.
func codecOf(r *cassette.Request) (codec.Codec, bool) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return codec.Codec{}, false
	}
	return codec.Of(r.Method, u, []byte(r.Body))
}

// answer reads the response, or why there is none.
func (ex *Exchange) answer(in *cassette.Interaction, c codec.Codec, req *reprise.Request) {
	if in.Response.Code >= 300 {
		e := c.Error([]byte(in.Response.Body), in.Response.Code)
		ex.Error = &Error{Kind: e.Kind, Message: e.Err.Error()}
		return
	}
	if in.Outcome == cassette.Failed || in.Outcome == cassette.Begun {
		ex.outcome(in)
		return
	}
	resp, err := reprise.Collect(c.Response(bodyOf(in), req))
	ex.Response = resp
	if err == nil || ex.Error != nil {
		return
	}
	ex.Error = &Error{Kind: reprise.KindOf(err), Message: err.Error()}
	var e *reprise.Error
	if errors.As(err, &e) && e.Err != nil {
		ex.Error.Message = e.Err.Error()
	}
	if in.Outcome != cassette.Complete {
		ex.outcome(in)
	}
}

// outcome tells of an exchange that did not end well.
func (ex *Exchange) outcome(in *cassette.Interaction) {
	kind := map[cassette.Outcome]reprise.Kind{
		cassette.Cut: reprise.KindCut, cassette.Cancelled: reprise.KindCanceled, cassette.Failed: reprise.KindNetwork,
	}[in.Outcome]
	if kind != "" {
		ex.Error = &Error{Kind: kind, Message: in.Error}
	}
}

func (ex *Exchange) name(c codec.Codec) {
	if ex.Request != nil {
		ex.Model = ex.Request.Model
	}
	if ex.Model == "" {
		ex.Model = c.Model
	}
	if ex.Response != nil && ex.Response.Model != "" {
		ex.Model = ex.Response.Model
	}
}

// price finds what the exchange cost: as the provider reported, else by the
// table.
func (ex *Exchange) price() {
	r := ex.Response
	if r == nil {
		return
	}
	usd, ok := price.Of(ex.Provider, ex.Model, ex.At, r.Usage)
	if !ok && ex.Request != nil { // the answer may name a model in a way of its own
		usd, ok = price.Of(ex.Provider, ex.Request.Model, ex.At, r.Usage)
	}
	ok = ok && standardTier(r)
	switch {
	case r.Cost == nil && ok:
		ex.Cost = &Cost{USD: usd, Source: "table"}
	case r.Cost != nil:
		ex.Cost = &Cost{USD: *r.Cost, Source: "provider"}
		if ok && usd != *r.Cost {
			ex.Cost.Table = &usd
		}
	}
}

// standardTier reports whether an answer was served at the price of the
// table, as far as it tells: not of a tier that costs more or less, in a mode
// or a place that costs more, from capacity that was bought, or with work of
// Anthropic's (compaction, an advisor, another model) that its usage leaves
// out.
func standardTier(r *reprise.Response) bool {
	var steps []struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(r.Extra["iterations"], &steps) // what is not told is standard
	for _, s := range steps {
		if s.Type != "message" {
			return false
		}
	}
	var google struct {
		Tier    string `json:"serviceTier"`
		Traffic string `json:"trafficType"`
	}
	_ = json.Unmarshal(r.Extra["usageMetadata"], &google)
	told := []string{google.Tier, google.Traffic}
	for _, name := range []string{"service_tier", "speed", "inference_geo"} {
		var word string
		_ = json.Unmarshal(r.Extra[name], &word)
		told = append(told, word)
	}
	for _, word := range told {
		switch strings.TrimPrefix(strings.ToLower(word), "on_demand_") {
		case "flex", "priority", "batch", "scale", "offpeak", "provisioned_throughput", "fast", "us":
			return false
		}
	}
	return true
}

func millis(d time.Duration) *Millis {
	if d == 0 {
		return nil
	}
	m := Millis(d)
	return &m
}

// bodyOf is the recorded body, which breaks off where the recorded one did.
func bodyOf(in *cassette.Interaction) io.Reader {
	body := io.Reader(strings.NewReader(in.Response.Body))
	if in.Outcome != cassette.Complete {
		body = io.MultiReader(body, broken{})
	}
	return body
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
