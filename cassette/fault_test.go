package cassette_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/repriselabs/reprise/cassette"
)

const threeEvents = "data: 1\n\ndata: 2\r\n\r\ndata: 3\n\n"

func TestFaults(t *testing.T) {
	for text, want := range map[string]struct {
		body string
		err  error
	}{
		"after=9":              {threeEvents, nil},
		"cut":                  {"", io.ErrUnexpectedEOF},
		"cut,after=3":          {"dat", io.ErrUnexpectedEOF},
		"cut,after=1000":       {threeEvents, nil},
		"cut,events=1":         {"data: 1\n\n", io.ErrUnexpectedEOF},
		"cut,events=2":         {"data: 1\n\ndata: 2\r\n\r\n", io.ErrUnexpectedEOF},
		"cut,events=2,after=3": {"dat", io.ErrUnexpectedEOF},
		"end,events=2":         {"data: 1\n\ndata: 2\r\n\r\n", nil},
		"garbage,events=3":     {threeEvents + "GARBAGE", nil},
		"garbage,after=2":      {"da" + "GARBAGE" + threeEvents[2:], nil},
		"garbage,cut,after=2":  {"da" + "GARBAGE", io.ErrUnexpectedEOF},
	} {
		for _, oneByte := range []bool{false, true} {
			f, err := cassette.ParseFault(text)
			if err != nil {
				t.Fatal(err)
			}
			f.Transport = &cassette.Cassette{Recording: streamOf(threeEvents)}
			resp := roundTripOf(t, f)
			var r io.Reader = resp.Body
			if oneByte {
				r = iotest.OneByteReader(r)
			}
			body, err := io.ReadAll(r)
			got := strings.Replace(string(body), "\x00\xff\xfe<html>}{]\x80garbage garbage garbage garbage garbage garbage\r\r", "GARBAGE", 1)
			if got != want.body || err != want.err {
				t.Errorf("%s gives %q, %v, want %q, %v", text, got, err, want.body, want.err)
			}
		}
	}
}

func streamOf(body string) *cassette.Recording {
	return &cassette.Recording{Interactions: []cassette.Interaction{{
		Request:  cassette.Request{Method: "GET", URL: "http://x/"},
		Response: cassette.Response{Code: 200, Body: body},
	}}}
}

func roundTripOf(t *testing.T, rt http.RoundTripper) *http.Response {
	t.Helper()
	req, _ := http.NewRequestWithContext(t.Context(), "GET", "http://x/", nil)
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestFaultStatus(t *testing.T) {
	f, err := cassette.ParseFault("status=429, times=2, retry-after=1500ms")
	if err != nil {
		t.Fatal(err)
	}
	f.Transport = &cassette.Cassette{Recording: streamOf("well")}
	var got []string
	for range 3 {
		resp := roundTripOf(t, f)
		body, _ := io.ReadAll(resp.Body)
		got = append(got, resp.Status+" "+resp.Header.Get("Retry-After")+" "+string(body))
	}
	refused := `429 Too Many Requests 2 {"error":{"type":"fault","code":429,"message":"Too Many Requests"}}`
	if d := cmp.Diff([]string{refused, refused, "200 OK  well"}, got); d != "" {
		t.Error(d)
	}
}

func TestFaultTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := cassette.ParseFault("slow=1m,stall=1h,after=2")
		f.Transport = &cassette.Cassette{Recording: streamOf("well")}
		start := time.Now()
		resp := roundTripOf(t, f)
		if took := time.Since(start); took != time.Minute {
			t.Errorf("the headers took %v", took)
		}
		body, err := io.ReadAll(resp.Body)
		if took := time.Since(start); string(body) != "well" || err != nil || took != time.Hour+time.Minute {
			t.Errorf("read %q, %v after %v", body, err, took)
		}
	})
}

func TestFaultOther(t *testing.T) {
	f := &cassette.Fault{Reset: true, Transport: noNetwork(t)}
	if _, err := try(f, "GET", "http://x/", ""); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset gives %v", err)
	}
	f = &cassette.Fault{Reset: true, Only: func(r *http.Request) bool { return r.URL.Path == "/bad" }, Transport: &cassette.Cassette{Recording: streamOf("well")}}
	if got := ask(t, f, "GET", "http://x/", ""); got.Body != "well" {
		t.Errorf("a request that is not meant gets %v", got)
	}
	for _, bad := range []string{"", "boom", "status=x", "status=42", "after=-1", "stall=5", "stall=-1s", "cut=3"} {
		if _, err := cassette.ParseFault(bad); err == nil || strings.Contains(err.Error(), "%!") {
			t.Errorf("%q as a fault gives %v", bad, err)
		}
	}
}
