package server_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/server"
)

// recorder is a proxy that records to a file.
type recorder struct {
	t     *testing.T
	file  string
	tape  *cassette.Cassette
	proxy *server.Proxy
	url   string
	done  chan server.Answered
}

func record(t *testing.T, mode cassette.Mode, file string, upstreams ...server.Upstream) *recorder {
	t.Helper()
	r := &recorder{t: t, file: file, tape: &cassette.Cassette{File: file, Mode: mode}, done: make(chan server.Answered, 9)}
	r.proxy = &server.Proxy{Upstreams: upstreams, Cassette: r.tape, Done: func(a server.Answered) { r.done <- a }}
	if err := r.proxy.Check(); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(r.proxy)
	t.Cleanup(srv.Close)
	r.url = srv.URL
	return r
}

// recorded ends the recording, and returns it.
func (r *recorder) recorded() *cassette.Recording {
	r.t.Helper()
	if err := r.tape.Close(); err != nil {
		r.t.Fatal(err)
	}
	rec, err := cassette.Load(r.file)
	if err != nil {
		r.t.Fatal(err)
	}
	return rec
}

func upstream(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	return srv.URL
}

const key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"

// TestRecord: what a proxy records is what its client got, and the server
// then answers the same. The key goes to the upstream and nowhere else.
func TestRecord(t *testing.T) {
	rec := seed(t)
	replay := &server.Handler{Recordings: recordings(t)}
	keys := 0
	up := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer "+key {
			keys++
		}
		if r.URL.Path != "/v1/chat/completions" {
			t.Errorf("the upstream was asked for %s", r.URL)
		}
		replay.ServeHTTP(w, r)
	})
	file := filepath.Join(t.TempDir(), "run.yaml")
	r := record(t, cassette.Record, file, server.Upstream{Prefix: "/xai/", URL: up + "/v1"}, server.Upstream{URL: "http://127.0.0.1:1"})
	var got []string
	for i, path := range []string{"/xai/chat/completions", "/xai/v1/chat/completions"} { // some clients add the /v1 that is there
		got = append(got, post(t, r.url+path, rec.Interactions[i].Request.Body, "Authorization", "Bearer "+key).Body)
		if a := <-r.done; a.Err != nil || a.Status != 200 || a.Bytes != int64(len(got[i])) || a.API != "openai-chat" {
			t.Errorf("Done was told %+v", a)
		}
	}
	made := r.recorded()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if keys != 2 || strings.Contains(string(raw), key) {
		t.Errorf("%d requests had the key; the file has it: %v", keys, strings.Contains(string(raw), key))
	}
	url := serve(t, &server.Handler{Files: []string{file}, Match: server.Exact})
	for i, in := range made.Interactions {
		want := rec.Interactions[i].Response.Body
		if in.Response.Body != want || got[i] != want || in.Request.URL != up+"/v1/chat/completions" {
			t.Errorf("exchange %d, to %s: recorded or passed on is not what came", i, in.Request.URL)
		}
		if again := post(t, url+chat, rec.Interactions[i].Request.Body); again.Body != want {
			t.Errorf("exchange %d is answered by %+v", i, again)
		}
	}

	// With Append what is there is replayed.
	r = record(t, cassette.Append, file, server.Upstream{Prefix: "/xai", URL: up})
	if again := post(t, r.url+"/xai/v1/chat/completions", rec.Interactions[0].Request.Body); again.Body != got[0] || keys != 2 {
		t.Errorf("the upstream was asked %d times, for %+v", keys, again)
	}
	<-r.done
	if n := len(r.recorded().Interactions); n != 2 {
		t.Errorf("%d exchanges", n)
	}
}

// TestRecordAtOnce: each piece is passed on before the next one comes, and
// compression is undone.
func TestRecordAtOnce(t *testing.T) {
	next := make(chan bool)
	up := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		for i := range 3 {
			fmt.Fprintf(z, "data: %d\n\n", i)
			z.Flush()
			http.NewResponseController(w).Flush()
			<-next
		}
		z.Close()
	})
	r := record(t, cassette.Record, filepath.Join(t.TempDir(), "run.yaml"), server.Upstream{URL: up})
	req, err := http.NewRequest(http.MethodGet, r.url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip, br, zstd")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for i := range 3 {
		got := make([]byte, len("data: 0\n\n"))
		if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != fmt.Sprintf("data: %d\n\n", i) {
			t.Fatalf("got %q, %v", got, err)
		}
		next <- true
	}
	if _, err := resp.Body.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("got %v", err)
	}
	<-r.done
	in := r.recorded().Interactions[0]
	if in.Response.Body != "data: 0\n\ndata: 1\n\ndata: 2\n\n" || in.Outcome != cassette.Complete {
		t.Errorf("recorded %q, %q", in.Response.Body, in.Outcome)
	}
}

// TestRecordHTTP2: HTTP/2 is spoken with an API that does.
func TestRecordHTTP2(t *testing.T) {
	up := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-End")
		io.WriteString(w, r.Proto)
		w.Header().Set("X-End", "yes")
	}))
	up.EnableHTTP2 = true
	up.StartTLS()
	defer up.Close()
	r := record(t, cassette.Record, filepath.Join(t.TempDir(), "run.yaml"), server.Upstream{URL: up.URL})
	r.tape.Transport = up.Client().Transport
	got := post(t, r.url+chat, "{}")
	<-r.done
	in := r.recorded().Interactions[0]
	if got.Body != "HTTP/2.0" || in.Response.Proto != "HTTP/2.0" || in.Response.Trailer.Get("X-End") != "yes" {
		t.Errorf("got %q; recorded %s with the trailer %v", got.Body, in.Response.Proto, in.Response.Trailer)
	}
}

// TestUpstreamGone: the client sees a broken connection, and the recording
// says that the answer was cut.
func TestUpstreamGone(t *testing.T) {
	up := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "data: half")
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	r := record(t, cassette.Record, filepath.Join(t.TempDir(), "run.yaml"), server.Upstream{URL: up})
	resp, err := http.Post(r.url+chat, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); string(b) != "data: half" || err == nil {
		t.Errorf("got %q, %v", b, err)
	}
	if a := <-r.done; a.Err == nil {
		t.Errorf("Done was told %+v", a)
	}
	if in := r.recorded().Interactions[0]; in.Outcome != cassette.Cut || in.Response.Body != "data: half" {
		t.Errorf("recorded %q, %q", in.Response.Body, in.Outcome)
	}
}

// TestRecordClientGone: the upstream is left too, and the recording says so.
func TestRecordClientGone(t *testing.T) {
	left := make(chan bool)
	up := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "data: half")
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(left)
	})
	r := record(t, cassette.Record, filepath.Join(t.TempDir(), "run.yaml"), server.Upstream{URL: up})
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+chat, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, len("data: half"))); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-left
	if a := <-r.done; !errors.Is(a.Err, context.Canceled) {
		t.Errorf("Done was told %v", a.Err)
	}
	if in := r.recorded().Interactions[0]; in.Outcome != cassette.Cancelled || in.Response.Body != "data: half" {
		t.Errorf("recorded %q, %q", in.Response.Body, in.Outcome)
	}
}

// TestPassedOn: what is of the connection, or of this server, stays here; all
// else comes as it is, both ways.
func TestPassedOn(t *testing.T) {
	var got http.Header
	up := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		w.Header()["Content-Type"] = nil
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("X-Sent", "yes")
		io.WriteString(w, `{"a":1}`)
	})
	r := record(t, cassette.Record, filepath.Join(t.TempDir(), "run.yaml"), server.Upstream{URL: up})
	guard := &server.Guard{Next: r.proxy, Origins: []string{"http://localhost:3000"}}
	req := httptest.NewRequest(http.MethodGet, "http://localhost/x", nil)
	for name, value := range map[string]string{
		"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA", // as Java's client does
		"Origin": "http://localhost:3000", "Reprise-Session": "a", "X-Asked": "yes",
	} {
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	guard.ServeHTTP(w, req)
	<-r.done
	if d := cmp.Diff(http.Header{"Accept-Encoding": {"gzip"}, "X-Asked": {"yes"}}, got); d != "" {
		t.Errorf("the upstream got (-want +got):\n%s", d)
	}
	w.Header().Del("Date")
	want := http.Header{
		"Access-Control-Allow-Origin": {"http://localhost:3000"}, "Access-Control-Expose-Headers": {"Reprise-Match, Reprise-Exchange"}, "Vary": {"Origin"},
		"Content-Type": nil, "Content-Length": {"7"}, "X-Sent": {"yes"},
	}
	if d := cmp.Diff(want, w.Header()); d != "" || w.Code != 200 {
		t.Errorf("%d %s: the client got (-want +got):\n%s", w.Code, w.Body, d)
	}
}

// TestNotPassedOn: what cannot be recorded is refused in the words of its API,
// and no key is in them.
func TestNotPassedOn(t *testing.T) {
	r := record(t, cassette.Record, filepath.Join(t.TempDir(), "run.yaml"), server.Upstream{Prefix: "/gone", URL: "http://127.0.0.1:1"})
	told := func(message, kind, code string) string {
		return `{"error":{"message":` + message + `,"type":"` + kind + `","param":null,"code":` + code + `}}`
	}
	for _, tt := range []struct {
		path    string
		headers []string
		status  int
		want    string
	}{
		{"/gone/v1/chat/completions?key=" + key, nil, 502, told(`"127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused"`, "server_error", `"bad_gateway"`)},
		{"/v1/chat/completions", nil, 404, told(`"no upstream for /v1/chat/completions: there are /gone/ for http://127.0.0.1:1"`, "invalid_request_error", `"model_not_found"`)},
		{"/gonefar/v1/chat/completions", nil, 404, told(`"no upstream for /gonefar/v1/chat/completions: there are /gone/ for http://127.0.0.1:1"`, "invalid_request_error", `"model_not_found"`)},
		{"/gone/v1/chat/completions", []string{"Authorization", "AWS4-HMAC-SHA256 Credential=x"}, 501, told(`"the request is signed for the address of this proxy, and AWS would refuse it: use a Bedrock API key (AWS_BEARER_TOKEN_BEDROCK), or record in the program with package cassette"`, "invalid_request_error", "null")},
		{"/gone/v1/realtime", []string{"Upgrade", "websocket", "Connection", "Upgrade"}, 501, `{"error":{"message":"websocket cannot be recorded: only HTTP can","type":"invalid"}}` + "\n"},
	} {
		got := post(t, r.url+tt.path, "{}", tt.headers...)
		if got.Status != tt.status || got.Body != tt.want {
			t.Errorf("%s: got %d %s\nwant %d %s", tt.path, got.Status, got.Body, tt.status, tt.want)
		}
	}
}

// TestRecordUnwritable: that the file cannot be written is no error of the
// upstream, and nothing is asked of it.
func TestRecordUnwritable(t *testing.T) {
	up := upstream(t, func(http.ResponseWriter, *http.Request) { t.Error("the upstream was asked") })
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	below := filepath.Join(file, "run.yaml") // of what is no folder
	got := post(t, record(t, cassette.Record, below, server.Upstream{URL: up}).url+chat, "{}")
	if got.Status != 500 || !strings.Contains(got.Body, `"message":"cassette `+below+`: `) {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

func TestProxyCheck(t *testing.T) {
	tape := &cassette.Cassette{}
	for _, tt := range []struct {
		p    server.Proxy
		want string
	}{
		{server.Proxy{Cassette: tape}, "Proxy.Upstreams is empty: there is nowhere to pass requests on to"},
		{server.Proxy{Cassette: tape, Upstreams: []server.Upstream{{URL: "api.openai.com"}}}, `the upstream "api.openai.com" is not an address such as https://api.openai.com`},
		{server.Proxy{Cassette: tape, Upstreams: []server.Upstream{{URL: "https://me:secret@x/"}}}, "the upstream https://me:xxxxx@x/ has more than a host and a path"},
		{server.Proxy{Upstreams: []server.Upstream{{URL: "https://x"}}}, "Proxy.Cassette is nil: there is nothing to record to"},
	} {
		if err := tt.p.Check(); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

// TestRecordUpload: a file that is sent is found again, though the boundary
// around it is another one each time.
func TestRecordUpload(t *testing.T) {
	up := upstream(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	r := record(t, cassette.Record, filepath.Join(t.TempDir(), "run.yaml"), server.Upstream{URL: up})
	upload := func(boundary, content string) string {
		return strings.ReplaceAll("--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n"+content+"\r\n--X--\r\n", "X", boundary)
	}
	live := post(t, r.url+"/v1/files", upload("one", "a\xff\x00"))
	r.recorded()
	url := serve(t, &server.Handler{Files: []string{r.file}}) + "/v1/files"
	for content, want := range map[string]reply{
		"a\xff\x00": {200, "exact", "run.yaml#0", live.Body},
		"b\xff\x00": {404, "none", "", `{"error":{"message":"no recording for POST /v1/files: nothing is like it among 1 recorded exchanges","type":"not_found"}}` + "\n"},
	} {
		got := post(t, url, upload("two", content))
		got.Exchange = strings.TrimPrefix(got.Exchange, filepath.Dir(r.file)+"/")
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got):\n%s", content, d)
		}
	}
}

// TestRecordMCP: an MCP server over HTTP is recorded and replayed too.
func TestRecordMCP(t *testing.T) {
	type in struct {
		Word string `json:"word"`
	}
	calls := 0
	tools := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	mcp.AddTool(tools, &mcp.Tool{Name: "echo"}, func(_ context.Context, _ *mcp.CallToolRequest, in in) (*mcp.CallToolResult, any, error) {
		calls++
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: in.Word}}}, nil, nil
	})
	up := httptest.NewServer(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return tools }, nil))
	defer up.Close()
	use := func(url string) string {
		t.Helper()
		client := mcp.NewClient(&mcp.Implementation{Name: "client", Version: "1"}, nil)
		session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: url + "/mcp"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "echo", Arguments: in{"hello"}})
		if err != nil {
			t.Fatal(err)
		}
		return result.Content[0].(*mcp.TextContent).Text
	}
	r := record(t, cassette.Record, filepath.Join(t.TempDir(), "mcp.yaml"), server.Upstream{URL: up.URL})
	live := use(r.url)
	r.recorded()
	replayed := use(serve(t, &server.Handler{Files: []string{r.file}}))
	if d := cmp.Diff([]string{"hello", "hello"}, []string{live, replayed}); d != "" || calls != 1 {
		t.Errorf("%d calls (-want +got):\n%s", calls, d)
	}
}
