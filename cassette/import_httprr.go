package cassette

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// An httprr trace is a line that names it, and then for each exchange a line
// with the lengths of the request and the response, and both as they are on
// the wire.
const traceHead = "httprr trace v1\n"

func readHTTPRR(data []byte) (*Recording, error) {
	rec := &Recording{}
	for rest := data[len(traceHead):]; len(rest) > 0; {
		line, after, ok := bytes.Cut(rest, []byte("\n"))
		var request, response int
		if _, err := fmt.Sscanf(string(line), "%d %d", &request, &response); err != nil || !ok ||
			request < 0 || response < 0 || request > len(after) || response > len(after)-request {
			return nil, fmt.Errorf("exchange %d: %q is no line of lengths, or the file is cut short", len(rec.Interactions), brief(string(line), 0))
		}
		i, err := wireExchange(after[:request], after[request:request+response])
		if err != nil {
			return nil, fmt.Errorf("exchange %d: %w", len(rec.Interactions), err)
		}
		rec.Interactions = append(rec.Interactions, *i)
		rest = after[request+response:]
	}
	if len(rec.Interactions) == 0 {
		return nil, errors.New("it has no exchanges")
	}
	return rec, nil
}

// wireExchange reads a request and a response as they are on the wire.
func wireExchange(request, response []byte) (*Interaction, error) {
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(response)), req)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	i := &Interaction{}
	i.Request = Request{
		Proto: req.Proto, ProtoMajor: req.ProtoMajor, ProtoMinor: req.ProtoMinor,
		Method: req.Method, URL: wireURL(req), Header: req.Header, Body: string(body),
	}
	i.Response = Response{
		Proto: resp.Proto, Code: resp.StatusCode, Status: resp.Status,
		Header: resp.Header, Trailer: resp.Trailer, Body: string(answer),
	}
	return i, nil
}

// wireURL returns the request's URL with its host.
func wireURL(req *http.Request) string {
	u := *req.URL
	if u.Host == "" {
		u.Scheme, u.Host = "https", req.Host
	}
	return u.String()
}
