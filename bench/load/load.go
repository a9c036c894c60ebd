// Package load asks a server for the same stream again and again, from many
// clients at once. It does as little as a client can, for it shares the
// machine with the server.
package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Load is what is asked, and by how many.
type Load struct {
	Addr    string // host:port
	Path    string
	Body    string
	Header  http.Header   // besides Content-Type
	Clients int           // each has a connection, and asks again when it has the whole answer
	For     time.Duration // what was begun is finished; 0: each client asks once
}

// limit is how long a request may take; patience is how long servers wait for
// one on a new connection.
const (
	limit    = 2 * time.Minute
	patience = 10 * time.Second
)

// A Result is what came of a Load.
type Result struct {
	Requests int
	Took     time.Duration
	Bytes    int             // of each answer's body
	Sorted   []time.Duration // from the first byte sent to the last received, shortest first
}

// Quantile is the time that the share q of the answers does not exceed.
func (r Result) Quantile(q float64) time.Duration {
	return r.Sorted[int(q*float64(len(r.Sorted)-1)+0.5)]
}

// Run puts the load on the server. All connections are opened first. It is an
// error if an answer is none, is cut, or is as long as no other.
func (l Load) Run() (Result, error) {
	dialed := time.Now()
	clients, err := l.dial()
	defer func() {
		for _, c := range clients {
			c.conn.Close()
		}
	}()
	if err != nil {
		return Result{}, err
	}
	var all sync.WaitGroup
	began := time.Now()
	if took := began.Sub(dialed); took > patience {
		return Result{}, fmt.Errorf("%d connections took %v to open, and a server waits %v for a request: the machine is too busy", l.Clients, took, patience)
	}
	for _, c := range clients {
		all.Go(func() { c.run(began.Add(l.For)) })
	}
	all.Wait()
	r := Result{Took: time.Since(began), Bytes: clients[0].bytes}
	for _, c := range clients {
		if c.err != nil {
			return r, fmt.Errorf("%s: %w", l.Path, c.err)
		}
		if c.bytes != r.Bytes {
			return r, fmt.Errorf("%s: an answer has %d bytes, and another %d", l.Path, c.bytes, r.Bytes)
		}
		r.Sorted = append(r.Sorted, c.took...)
	}
	r.Requests = len(r.Sorted)
	slices.Sort(r.Sorted)
	return r, nil
}

// client is one of them.
type client struct {
	conn    net.Conn
	in      *bufio.Reader
	request []byte
	bytes   int
	took    []time.Duration
	err     error
}

// dial makes the clients. With an error it returns those that it has made.
func (l Load) dial() ([]*client, error) {
	header := ""
	for name, values := range l.Header {
		for _, v := range values {
			header += name + ": " + v + "\r\n"
		}
	}
	request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s",
		l.Path, l.Addr, header, len(l.Body), l.Body)
	var clients []*client
	for range l.Clients {
		conn, err := net.DialTimeout("tcp", l.Addr, limit)
		if err != nil {
			return clients, err
		}
		clients = append(clients, &client{conn: conn, in: bufio.NewReader(conn), request: request})
	}
	return clients, nil
}

func (c *client) run(end time.Time) {
	for c.err == nil && (c.took == nil || time.Now().Before(end)) {
		began := time.Now()
		n, err := c.ask(func(body io.Reader) (int64, error) { return io.Copy(io.Discard, body) })
		switch {
		case err != nil:
			c.err = err
		case c.took != nil && n != c.bytes:
			c.err = fmt.Errorf("an answer has %d bytes, and another %d", n, c.bytes)
		}
		c.bytes = n
		c.took = append(c.took, time.Since(began))
	}
}

// ask sends the request and has its answer read.
func (c *client) ask(read func(io.Reader) (int64, error)) (int, error) {
	c.conn.SetDeadline(time.Now().Add(limit)) // fails where the connection is closed, and then Write does
	if _, err := c.conn.Write(c.request); err != nil {
		return 0, err
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, err
	}
	if resp.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(resp.Body, 500))
		return 0, fmt.Errorf("%s: %s", resp.Status, why)
	}
	n, err := read(resp.Body)
	return int(n), err
}
