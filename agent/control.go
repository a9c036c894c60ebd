package agent

import (
	"slices"
	"sync"

	"github.com/repriselabs/reprise"
)

// A Control steers a run from outside. Its zero value is ready to use, and
// its methods may be called at any time by any goroutine. What it asks for is
// done between turns: when an answer and its tools are complete.
type Control struct {
	mu    sync.Mutex
	queue []reprise.Message
	stop  bool
}

// Send adds a user message to the conversation before the model is asked
// next; a model that was done is asked again. What is sent after the end of
// the run waits for the next run with this Control.
func (c *Control) Send(text string, more ...reprise.Part) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, reprise.User(text, more...))
}

// Stop ends the run when its turn is complete, with a [Done] whose End is
// [EndStopped]. Nothing that runs is cut off, and messages that were not
// taken are kept for a run with another Control: see Unsent.
func (c *Control) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop = true
}

// Unsent takes back the messages that no run has taken.
func (c *Control) Unsent() []reprise.Message {
	return c.take()
}

func (c *Control) take() []reprise.Message {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := slices.Clip(c.queue)
	c.queue = nil
	return out
}

func (c *Control) wants() (messages, stop bool) {
	if c == nil {
		return false, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue) > 0, c.stop
}
