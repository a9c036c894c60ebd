package reprise

import (
	"context"
	"iter"
	"sync"
	"time"
)

// Limit is a [Model] that keeps another one within limits, for all who share
// it: a stream waits, in the order of arrival, until it may begin. A context
// that ends while it waits ends the stream. It must not be copied after its
// first use.
type Limit struct {
	Model Model // must be set

	// Concurrent is how many streams may run at once, from their request to
	// the end of the consumer's loop; 0: no limit.
	Concurrent int
	// Requests is how many may begin in any minute; 0: no limit.
	Requests int
	// Tokens is how many, input and output, may be used in any minute; 0: no
	// limit. A request counts with its estimate from when it begins, and with
	// its usage when that is known: what was estimated too much is given back,
	// what was too little counts from then. An answer that does not tell its
	// usage stays at its estimate. One that is estimated above the limit
	// begins when nothing else counts.
	Tokens int64
	// Estimate guesses the tokens of a request and its answer; nil: a token
	// for each 4 bytes of text, 1000 for each file, and MaxTokens. It must be
	// safe for concurrent use.
	Estimate func(*Request) int64

	once sync.Once
	turn chan struct{} // is held by the one who is next
	wake chan struct{} // tells it that something was given back

	mu       sync.Mutex
	running  int
	window   []*spent // of the last minute, in order
	requests int      // in the window
	tokens   int64    // in the window
}

// spent is what counts for a minute.
type spent struct {
	at      time.Time
	request bool
	tokens  int64
	over    bool // it counts no more
}

// Unwrap returns the model that is asked.
func (l *Limit) Unwrap() Model { return l.Model }

// Stream waits until it may ask, and asks.
func (l *Limit) Stream(ctx context.Context, req *Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		switch {
		case l.Model == nil:
			yield(nil, misset("Limit.Model is not set"))
			return
		case l.Concurrent < 0 || l.Requests < 0 || l.Tokens < 0:
			yield(nil, misset("Limit has a negative limit"))
			return
		}
		mine, err := l.enter(ctx, req)
		if err != nil {
			yield(nil, err)
			return
		}
		defer l.leave()
		err = relay(l.Model.Stream(ctx, req), func(ev Event) bool {
			if end, ok := ev.(Finish); ok && end.Usage != (Usage{}) {
				l.correct(mine, end.Usage.Total())
			}
			return yield(ev, nil)
		})
		if err != nil && err != errLeft {
			yield(nil, err)
		}
	}
}

// enter waits for the stream's turn, and then for the limits.
func (l *Limit) enter(ctx context.Context, req *Request) (*spent, error) {
	l.once.Do(func() { l.turn, l.wake = make(chan struct{}, 1), make(chan struct{}, 1) })
	const waiting = "waiting for a limit of requests or tokens"
	select {
	case l.turn <- struct{}{}: // those who wait get it in their order
	case <-ctx.Done():
		return nil, gaveUp(ctx, waiting)
	}
	defer func() { <-l.turn }()
	var tokens int64
	if l.Tokens > 0 {
		tokens = l.estimate(req)
	}
	for ctx.Err() == nil {
		mine, wait := l.begin(tokens)
		if mine != nil {
			return mine, nil
		}
		var timer <-chan time.Time
		if wait > 0 {
			timer = time.After(wait)
		}
		select {
		case <-timer:
		case <-l.wake:
		case <-ctx.Done():
		}
	}
	return nil, gaveUp(ctx, waiting)
}

const minute = time.Minute

// begin counts a request if the limits let it begin. If not, it tells how
// long to wait; 0: until something is given back.
func (l *Limit) begin(tokens int64) (*spent, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.forget(now)
	if l.Concurrent > 0 && l.running >= l.Concurrent {
		return nil, 0
	}
	requests, used := l.requests, l.tokens
	var wait time.Duration
	for _, s := range l.window {
		if (l.Requests == 0 || requests < l.Requests) && (l.Tokens == 0 || used+tokens <= l.Tokens) {
			break
		}
		if s.request {
			requests--
		}
		used -= s.tokens
		wait = s.at.Add(minute).Sub(now)
	}
	if wait > 0 {
		return nil, wait
	}
	mine := &spent{at: now, request: true, tokens: tokens}
	l.window = append(l.window, mine)
	l.requests++
	l.tokens += tokens
	l.running++
	return mine, 0
}

// forget drops what is older than a minute.
func (l *Limit) forget(now time.Time) {
	for len(l.window) > 0 && now.Sub(l.window[0].at) >= minute {
		s := l.window[0]
		if s.request {
			l.requests--
		}
		l.tokens -= s.tokens
		s.over = true
		l.window[0] = nil
		l.window = l.window[1:]
	}
}

// correct puts the usage in the place of the estimate.
func (l *Limit) correct(mine *spent, tokens int64) {
	if l.Tokens == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch more := tokens - mine.tokens; {
	case more > 0:
		l.window = append(l.window, &spent{at: time.Now(), tokens: more})
		l.tokens += more
	case !mine.over:
		mine.tokens = tokens
		l.tokens += more
	}
}

// leave ends a stream, and has whoever is next look again.
func (l *Limit) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	select {
	case l.wake <- struct{}{}:
	default: // it will look anyway
	}
}

func (l *Limit) estimate(req *Request) int64 {
	if l.Estimate != nil {
		return max(0, l.Estimate(req))
	}
	n := textBytes(req.System)
	for _, m := range req.Messages {
		n += textBytes(m.Parts)
	}
	for _, t := range req.Tools {
		n += int64(len(t.Name) + len(t.Description) + len(t.Schema) + len(t.Config))
	}
	if req.Output != nil {
		n += int64(len(req.Output.JSON))
	}
	return n/4 + int64(req.MaxTokens)
}

// textBytes is the length of the text in parts; a file is 4000 bytes.
func textBytes(parts Parts) int64 {
	n := 0
	for _, p := range parts {
		switch p := p.(type) {
		case Text:
			n += len(p.Text)
		case Reasoning:
			n += len(p.Text)
		case ToolCall:
			n += len(p.Name) + len(p.Args)
		case ToolResult:
			n += int(textBytes(p.Parts))
		case Media:
			n += 4000
		case Opaque:
			n += len(p.Data)
		case CachePoint: // is no text
		}
	}
	return int64(n)
}
