package cassette

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

type harFile struct {
	Log struct {
		Entries []struct {
			Started string  `json:"startedDateTime"`
			Time    float64 `json:"time"` // milliseconds
			Request struct {
				Method, URL string
				HTTPVersion string
				Headers     []harPair
				PostData    *struct {
					MimeType, Text, Encoding string
					Params                   []harPair
				}
			}
			Response struct {
				Status      int
				StatusText  string
				HTTPVersion string
				Headers     []harPair
				Content     struct{ Text, Encoding string }
			}
			Timings struct{ Blocked, DNS, Connect, Send, Wait float64 } // -1: not known
		}
	}
}

type harPair struct{ Name, Value string }

func readHAR(data []byte) (*Recording, error) {
	var file harFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	rec := &Recording{}
	for _, e := range file.Log.Entries {
		if e.Response.Status == 0 {
			continue // the browser blocked it, or it failed
		}
		var i Interaction
		i.Started, _ = time.Parse(time.RFC3339Nano, e.Started) // not known, if it is no time
		i.Request.Method, i.Request.URL = e.Request.Method, e.Request.URL
		i.Request.Header = harHeader(e.Request.Headers)
		if post := e.Request.PostData; post != nil {
			i.Request.Body = post.Text
			if post.Text == "" && len(post.Params) > 0 {
				form := url.Values{}
				for _, p := range post.Params {
					form.Add(p.Name, p.Value)
				}
				i.Request.Body = form.Encode()
			}
		}
		i.Response.Code, i.Response.Status, i.Response.Proto = e.Response.Status, e.Response.StatusText, e.Response.HTTPVersion
		i.Response.Header = harHeader(e.Response.Headers)
		i.Response.Header.Del("Content-Encoding") // the text is what it encoded
		i.Response.Body = e.Response.Content.Text
		if e.Response.Content.Encoding == "base64" {
			body, err := base64.StdEncoding.DecodeString(e.Response.Content.Text)
			if err != nil {
				return nil, err
			}
			i.Response.Body = string(body)
		}
		t := e.Timings
		for _, ms := range []float64{t.Blocked, t.DNS, t.Connect, t.Send, t.Wait} {
			i.Response.Duration += time.Duration(max(ms, 0) * float64(time.Millisecond))
		}
		rec.Interactions = append(rec.Interactions, i)
	}
	return rec, nil
}

func harHeader(pairs []harPair) http.Header {
	h := http.Header{}
	for _, p := range pairs {
		if p.Name != "" && p.Name[0] != ':' { // HTTP/2's method, path and status
			h.Add(p.Name, p.Value)
		}
	}
	return h
}
