package cassette

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Cassette is an http.RoundTripper that records exchanges to a file and
// replays them from it. Its fields are set before its first use and not
// changed after; its methods may be called by any number of goroutines.
type Cassette struct {
	File      string            // path; required but for Passthrough
	Mode      Mode              // zero: Replay
	Transport http.RoundTripper // the network; nil: http.DefaultTransport. Never reached in Replay

	// Recording, when set, is replayed instead of File's content, and File
	// is only a name in messages. It is for Replay, and is not changed.
	Recording *Recording

	// Pace replays the recorded waits, for headers and chunks, times this
	// factor: 0 replays at once, 1 as recorded, 0.5 twice as fast. A wait
	// ends early, with the context's error, when the request's context does.
	Pace float64

	Match Match // which requests are the same; zero: those with the same method, URL and body

	// Split, when set, returns the chunks in which a body is replayed, in
	// place of the recorded ones: OneByte, SplitAt(n), Events, or another. If
	// their sizes do not add up to the body's it is replayed as one.
	Split func(body string, recorded []Chunk) []Chunk

	Redact Redact // what is kept out of the file and of messages, besides the usual credentials

	// Comment is written at the head of a new file, for humans.
	Comment string

	// Rerecord says in messages how to record again.
	// Empty: "set Mode to Record".
	Rerecord string

	// Explain, when set, says in a line or more how the request got differs
	// from the recorded one nearest to it, in words of what they mean.
	// It may return "", and a list of JSON paths is shown.
	Explain func(got, recorded *Request) string

	Effects Effects // what Do does in Replay; zero: Live

	mu     sync.Mutex
	ready  bool
	failed error // why the file cannot be read, or no longer be written
	closed bool
	tape   tape
	stamp  stamp      // of the file that was read
	read   *Recording // what it had

	log    *journal // nil before the first exchange with the network
	nextID int
	live   map[*exchange]struct{}
	latest time.Time // when the last exchange began
	drifts []Drift

	// changed, when set, is called after each change that recording makes to
	// the disk. Tests see there what a kill would leave.
	changed func()
}

// Mode says what a Cassette does with a request.
type Mode int

const (
	// Replay answers from the file and never reaches the network. A request
	// that was not recorded is a *MissError, a missing file an error. What
	// was recorded twice is replayed in that order, each exchange once;
	// recorded failures are replayed as failures.
	Replay Mode = iota

	// Record asks the network and writes a new file in place of the old one,
	// which stays until the first exchange has ended.
	Record

	// Append answers from the file what succeeded there (was read to its end,
	// with a status below 400), and asks the network for the rest, which is
	// added to the file. A failure that is asked again and then succeeds is
	// taken out of the file by Close. A missing file is an empty one.
	Append

	// Passthrough asks the network and uses no file.
	Passthrough
)

func (m Mode) String() string {
	switch m {
	case Replay:
		return "Replay"
	case Record:
		return "Record"
	case Append:
		return "Append"
	case Passthrough:
		return "Passthrough"
	}
	return fmt.Sprintf("Mode(%d)", int(m))
}

var errClosed = errors.New("the cassette is closed")

// Client returns a client whose transport is the cassette.
func (c *Cassette) Client() *http.Client { return &http.Client{Transport: c} }

// RoundTrip implements http.RoundTripper. It does not change the request.
//
// When recording, the response's body is passed on as it arrives; its Close
// returns an error if the exchange could not be written, and then every later
// RoundTrip does so too, before it reaches the network.
func (c *Cassette) RoundTrip(req *http.Request) (*http.Response, error) {
	if c.Mode == Passthrough {
		return c.transport().RoundTrip(req)
	}
	body, err := readBody(req)
	if err != nil {
		return nil, err
	}
	if err := context.Cause(req.Context()); err != nil {
		return nil, err
	}
	asked := c.request(req, body)
	found, superseded, err := c.find(req.Context(), asked)
	if err != nil {
		return nil, err
	}
	if found != nil {
		return player{c.Pace, c.Split}.replay(req, found)
	}
	return c.record(req, asked, body, superseded)
}

func (c *Cassette) transport() http.RoundTripper {
	if c.Transport != nil {
		return c.Transport
	}
	return http.DefaultTransport
}

// find returns the recorded exchange that answers the request, or nil and the
// failures that asking the network supersedes. In Replay there is an exchange
// or an error.
func (c *Cassette) find(ctx context.Context, asked *Request) (*Interaction, []int, error) {
	if err := c.use(); err != nil {
		return nil, nil, err
	}
	if c.Mode == Record {
		return nil, nil, nil
	}
	name := c.lane(ctx)
	lane := c.tape.lane(name, asked)
	c.mu.Lock()
	defer c.mu.Unlock()
	if found := c.tape.take(lane, c.Mode == Append); found != nil {
		return found, nil, nil
	}
	if c.Mode == Append {
		return nil, c.tape.failures(lane), nil
	}
	return nil, nil, c.miss(asked, name, lane)
}

// lane returns the name of the lane.
func (c *Cassette) lane(ctx context.Context) string {
	if c.Match.Lane == nil {
		return ""
	}
	return c.Redact.Text(c.Match.Lane(ctx))
}

// use opens the cassette if it is not.
func (c *Cassette) use() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open()
}

// open makes the cassette ready for use, once. c.mu is held.
func (c *Cassette) open() error {
	if c.closed {
		return &FileError{c.File, errClosed}
	}
	if c.ready || c.failed != nil {
		return c.failed
	}
	rec, err := c.load()
	if err != nil {
		c.failed = err
		return err
	}
	match, err := newMatcher(&c.Match)
	if err != nil {
		c.failed = err
		return err
	}
	c.read = rec
	if c.Comment == "" {
		c.Comment = rec.Comment
	}
	c.tape = newTape(inOrder(rec), &c.Redact, match)
	c.ready = true
	return nil
}

// load returns what the cassette starts from.
func (c *Cassette) load() (*Recording, error) {
	switch {
	case c.Mode < Replay || c.Mode > Append:
		return nil, fmt.Errorf("cassette: %v is not a mode", c.Mode)
	case c.Recording != nil && c.Mode == Replay:
		return c.Recording, nil
	case c.Recording != nil:
		return nil, fmt.Errorf("cassette: Recording is set, which only Replay uses, and Mode is %v", c.Mode)
	case c.File == "":
		return nil, errors.New("cassette: File is empty; set it to the path of the recording")
	}
	c.stamp = stampOf(c.File)
	if c.Mode == Record {
		return &Recording{}, nil
	}
	rec, err := Load(c.File)
	if errors.Is(err, fs.ErrNotExist) {
		if c.Mode == Append {
			return &Recording{}, nil
		}
		return nil, &FileError{c.File, fmt.Errorf("%w; to record it, %s", fs.ErrNotExist, c.rerecord())}
	}
	return rec, err
}

func (c *Cassette) rerecord() string {
	if c.Rerecord != "" {
		return c.Rerecord
	}
	return "set Mode to Record"
}

// Err returns why the recording can no longer be written, or nil.
func (c *Cassette) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

// Close ends the use of the cassette. In Replay it returns a *LeftoverError
// if there are recorded exchanges that nobody asked for, or the error of
// reading the file. After Record and Append it ends what is still going on
// as Cancelled and rewrites the file, all or nothing, in the order in which
// the exchanges began; when nothing was recorded the file is left as it is.
// A second Close does nothing.
func (c *Cassette) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	if c.Mode == Replay {
		defer c.mu.Unlock()
		err := c.open()
		c.closed = true
		if err != nil {
			return err
		}
		return c.leftover()
	}
	c.closed = true
	live := slices.Collect(maps.Keys(c.live))
	c.mu.Unlock()
	for _, x := range live {
		x.finish(Cancelled, errClosed)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.log == nil && c.failed == nil && c.read != nil && c.read.Interrupted {
		c.log, c.failed = c.claim()
	}
	if c.log == nil {
		return c.failed
	}
	err := c.log.close(c.read.Interrupted)
	if c.failed != nil {
		return c.failed
	}
	return err
}
