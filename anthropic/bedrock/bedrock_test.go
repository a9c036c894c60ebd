package bedrock

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/anthropic"
	own "github.com/repriselabs/reprise/internal/eventstream"
)

const haiku = "us.anthropic.claude-haiku-4-5-20251001-v1:0"

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func respond(body string) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func hi() *reprise.Request { return &reprise.Request{Messages: reprise.Ask("hi")} }

// framed writes events with the encoder of the AWS SDK.
func framed(t *testing.T, events ...string) string {
	t.Helper()
	var buf bytes.Buffer
	for _, e := range events {
		payload, err := json.Marshal(map[string]any{"bytes": []byte(e), "p": "abc"})
		if err != nil {
			t.Fatal(err)
		}
		err = eventstream.NewEncoder().Encode(&buf, eventstream.Message{
			Headers: eventstream.Headers{
				{Name: ":event-type", Value: eventstream.StringValue("chunk")},
				{Name: ":content-type", Value: eventstream.StringValue("application/json")},
				{Name: ":message-type", Value: eventstream.StringValue("event")},
			},
			Payload: payload,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return buf.String()
}

func answer(t *testing.T) string {
	return framed(t,
		`{"type":"message_start","message":{"id":"msg","type":"message","model":"claude-haiku-4-5","usage":{"input_tokens":10,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Olá"}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}`,
		`{"type":"message_stop"}`)
}

// keys are credentials that are always there.
var keys = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret-1", SessionToken: "session"}, nil
})

// bare is an environment without credentials.
func bare(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for name, value := range map[string]string{
		"HOME": dir, "AWS_CONFIG_FILE": filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"),
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "",
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_BEARER_TOKEN_BEDROCK": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
	} {
		t.Setenv(name, value)
	}
}

func TestRequestsAreSignedAndAnswersUnframed(t *testing.T) {
	m := New(haiku, "us-east-1")
	m.Betas = []string{"b1"}
	var got *http.Request
	var body []byte
	m.Client.Transport.(*Transport).Credentials = keys
	m.Client.Transport.(*Transport).Base = roundTrip(func(r *http.Request) (*http.Response, error) {
		got = r
		body, _ = io.ReadAll(r.Body)
		return respond(answer(t)), nil
	})
	resp, err := reprise.Generate(t.Context(), m, hi())
	if err != nil {
		t.Fatal(err)
	}
	want := &reprise.Response{ID: "msg", Provider: "bedrock", Model: "claude-haiku-4-5", Reason: reprise.ReasonStop, Usage: reprise.Usage{Input: 10, Output: 4},
		Message: reprise.Message{Role: reprise.RoleAssistant, Parts: reprise.Parts{reprise.Text{Text: "Olá"}}}}
	if d := cmp.Diff(want, resp); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if url := got.URL.String(); url != "https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke-with-response-stream" {
		t.Errorf("asked %s", url)
	}
	auth := regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=AKID/\d{8}/us-east-1/bedrock/aws4_request, SignedHeaders=accept;content-length;content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$`)
	if !auth.MatchString(got.Header.Get("Authorization")) || got.Header.Get("X-Amz-Security-Token") != "session" || got.Header.Get("Anthropic-Version") != "" {
		t.Errorf("headers %v", got.Header)
	}
	var v, plain any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal([]byte(`{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["b1"],"max_tokens":32000,"messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]}]}`), &plain)
	if d := cmp.Diff(plain, v); d != "" {
		t.Errorf("body (-want +got):\n%s", d)
	}
}

func TestABearerKeyIsNotSigned(t *testing.T) {
	bare(t)
	m := New(haiku, "us-east-1")
	m.Key = "bedrock-key"
	m.Client.Transport.(*Transport).Base = roundTrip(func(r *http.Request) (*http.Response, error) {
		if got := r.Header.Get("Authorization"); got != "Bearer bedrock-key" || r.Header.Get("X-Amz-Date") != "" {
			t.Errorf("headers %v", r.Header)
		}
		return respond(answer(t)), nil
	})
	if _, err := reprise.Generate(t.Context(), m, hi()); err != nil {
		t.Error(err)
	}
}

func TestFailingCredentialsAreAnErrorAndNothingIsSent(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, tr *Transport){
		"a profile that is not there": func(t *testing.T, tr *Transport) { t.Setenv("AWS_PROFILE", "not-there") },
		"no credentials":              func(t *testing.T, tr *Transport) {},
		"a chain that fails": func(t *testing.T, tr *Transport) {
			tr.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, errors.New("the SSO session has expired")
			})
		},
		"no region": func(t *testing.T, tr *Transport) { tr.Region = "" },
	} {
		t.Run(name, func(t *testing.T) {
			bare(t)
			t.Setenv("ANTHROPIC_API_KEY", "sk-ant-1")
			m := New(haiku, "us-east-1")
			tr := m.Client.Transport.(*Transport)
			tr.Base = roundTrip(func(r *http.Request) (*http.Response, error) {
				t.Errorf("sent to %s", r.URL)
				return nil, errors.New("sent")
			})
			prepare(t, tr)
			_, err := reprise.Generate(t.Context(), m, hi())
			if reprise.KindOf(err) != reprise.KindAuth {
				t.Errorf("got %s %v, want an error about credentials", reprise.KindOf(err), err)
			}
		})
	}
}

func TestNothingIsSignedForAnotherHost(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }))
	defer server.Close()
	m := New(haiku, "us-east-1")
	m.BaseURL = server.URL
	tr := m.Client.Transport.(*Transport)
	tr.Credentials = keys
	_, err := reprise.Generate(t.Context(), m, hi())
	if reprise.KindOf(err) != reprise.KindAuth || !strings.Contains(err.Error(), "not sent to http://127.0.0.1: nothing was sent") {
		t.Errorf("got %v", err)
	}
	m.BaseURL, m.Key = "http://bedrock-runtime.us-east-1.amazonaws.com", "bedrock-key"
	tr.Base = roundTrip(func(r *http.Request) (*http.Response, error) {
		t.Errorf("sent to %s", r.URL)
		return nil, errors.New("sent")
	})
	if _, err := reprise.Generate(t.Context(), m, hi()); reprise.KindOf(err) != reprise.KindAuth {
		t.Errorf("a key over plain HTTP: %v", err)
	}
	redirected := 0
	m = New(haiku, "us-east-1")
	m.Client.Transport = &Transport{Region: "us-east-1", Credentials: keys, Base: roundTrip(func(r *http.Request) (*http.Response, error) {
		redirected++
		return &http.Response{StatusCode: 307, Header: http.Header{"Location": {server.URL}}, Body: http.NoBody}, nil
	})}
	if _, err := reprise.Generate(t.Context(), m, hi()); err == nil || redirected != 1 {
		t.Errorf("after a redirect: %v", err)
	}
	tr = &Transport{Region: "us-east-1", Credentials: keys, Hosts: []string{"127.0.0.1"}, Base: roundTrip(func(r *http.Request) (*http.Response, error) { return respond(answer(t)), nil })}
	m = New(haiku, "us-east-1")
	m.BaseURL, m.Client.Transport = server.URL, tr
	if _, err := reprise.Generate(t.Context(), m, hi()); err != nil {
		t.Errorf("a host that is meant: %v", err)
	}
}

func TestNoCredentialsButAClientOfTheCallers(t *testing.T) {
	m := New(haiku, "us-east-1")
	m.Client = nil
	if _, err := reprise.Generate(t.Context(), m, hi()); reprise.KindOf(err) != reprise.KindAuth || !strings.Contains(err.Error(), "bedrock.Transport") {
		t.Errorf("got %v", err)
	}
	bare(t)
	m.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a replay was authorized")
		}
		return respond(answer(t)), nil
	})}
	if _, err := reprise.Generate(t.Context(), m, hi()); err != nil {
		t.Errorf("a replay needs credentials: %v", err)
	}
}

func TestCountTokensAndModels(t *testing.T) {
	m := New(haiku, "eu-central-1")
	m.NoCache = true
	m.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		switch r.Method + " " + r.URL.String() {
		case "POST https://bedrock-runtime.eu-central-1.amazonaws.com/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/count-tokens":
			var b struct {
				Input struct {
					InvokeModel struct{ Body []byte } `json:"invokeModel"`
				} `json:"input"`
			}
			if err := json.NewDecoder(r.Body).Decode(&b); err != nil {
				return nil, err
			}
			const want = `{"anthropic_version":"bedrock-2023-05-31","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"max_tokens":32000}`
			if got := string(b.Input.InvokeModel.Body); got != want {
				return nil, fmt.Errorf("counted %s", got)
			}
			return respond(`{"inputTokens":8}`), nil
		case "GET https://bedrock.eu-central-1.amazonaws.com/foundation-models?byProvider=anthropic":
			return respond(`{"modelSummaries":[{"modelId":"anthropic.x","modelName":"X"}]}`), nil
		}
		return nil, fmt.Errorf("asked %s %s", r.Method, r.URL)
	})}
	if n, err := m.CountTokens(t.Context(), hi()); n != 8 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	models, err := m.Models(t.Context())
	want := []reprise.ModelInfo{{ID: "anthropic.x", Name: "X", Raw: json.RawMessage(`{"modelId":"anthropic.x","modelName":"X"}`)}}
	if d := cmp.Diff(want, models); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestFromEnv(t *testing.T) {
	bare(t)
	if _, err := FromEnv(haiku); err == nil || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Errorf("without a region: %v", err)
	}
	t.Setenv("AWS_DEFAULT_REGION", "cn-north-1")
	t.Setenv("AWS_BEARER_TOKEN_BEDROCK", "key")
	m, err := FromEnv(haiku)
	if err != nil || m.Key != "key" || m.Host.BaseURL(anthropic.OpMessages) != "https://bedrock-runtime.cn-north-1.amazonaws.com.cn" {
		t.Errorf("got %+v, %v", m, err)
	}
	if _, err := FromEnv(""); err == nil {
		t.Error("no error without a name")
	}
	if _, err := reprise.Generate(t.Context(), New(haiku, ""), hi()); reprise.KindOf(err) != reprise.KindInvalid {
		t.Errorf("without a region: %v", err)
	}
}

// TestFramesAsTheSDKWritesThem reads frames that the SDK's encoder wrote,
// with every type of header.
func TestFramesAsTheSDKWritesThem(t *testing.T) {
	var buf bytes.Buffer
	headers := eventstream.Headers{
		{Name: "s", Value: eventstream.StringValue("v")}, {Name: "t", Value: eventstream.BoolValue(true)}, {Name: "f", Value: eventstream.BoolValue(false)},
		{Name: "b", Value: eventstream.Int8Value(1)}, {Name: "h", Value: eventstream.Int16Value(2)}, {Name: "i", Value: eventstream.Int32Value(3)}, {Name: "l", Value: eventstream.Int64Value(4)},
		{Name: "y", Value: eventstream.BytesValue("bytes")}, {Name: "u", Value: eventstream.UUIDValue{1}}, {Name: "z", Value: eventstream.StringValue("")},
	}
	if err := eventstream.NewEncoder().Encode(&buf, eventstream.Message{Headers: headers, Payload: []byte("payload")}); err != nil {
		t.Fatal(err)
	}
	got, err := own.NewReader(&buf).Next()
	if d := cmp.Diff(own.Message{Header: map[string]string{"s": "v", "z": ""}, Payload: []byte("payload")}, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	back, err := eventstream.NewDecoder().Decode(bytes.NewReader(own.Append(nil, []byte("p"), "n", "v")), nil)
	if err != nil || string(back.Payload) != "p" || back.Headers.Get("n").String() != "v" {
		t.Errorf("the SDK reads ours as %+v, %v", back, err)
	}
}

// TestRecordedAddresses checks that the recorded streams were asked for where
// we ask for them, and that they replay without credentials.
func TestRecordedAddresses(t *testing.T) {
	dir := os.Getenv("REPRISE_CASSETTES")
	if dir == "" {
		t.Skip("REPRISE_CASSETTES is not set: no recordings of real traffic")
	}
	bare(t)
	files, err := filepath.Glob(filepath.Join(dir, "anthropic/bedrock*/*_streaming.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			Interactions []struct {
				Request  struct{ URL, Body string }
				Response struct{ Body string }
			}
		}
		if err := yaml.Unmarshal(data, &c); err != nil {
			t.Fatal(err)
		}
		for _, x := range c.Interactions {
			req, err := anthropic.ReadRequest([]byte(x.Request.Body))
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(strings.TrimPrefix(x.Request.URL, "https://bedrock-runtime.us-east-1.amazonaws.com/model/"), "/invoke-with-response-stream")
			m := New(strings.ReplaceAll(name, "%3A", ":"), "us-east-1")
			m.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.URL.String() != x.Request.URL {
					t.Errorf("asked %s, recorded %s", r.URL, x.Request.URL)
				}
				return respond(x.Response.Body), nil
			})}
			resp, err := reprise.Generate(t.Context(), m, req)
			if err != nil || resp.Provider != "bedrock" || len(resp.Message.Parts) == 0 {
				t.Errorf("%s: %+v, %v", file, resp, err)
			}
		}
	}
}

func ExampleNew() {
	m := New("us.anthropic.claude-haiku-4-5-20251001-v1:0", "us-east-1")
	// In place of AWS, so that the example runs anywhere:
	m.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		body := `{"bytes":"` + base64.StdEncoding.EncodeToString([]byte(`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`)) + `"}`
		return respond(string(own.Append(nil, []byte(body), ":message-type", "event", ":event-type", "chunk"))), nil
	})}
	for _, err := range m.Stream(context.Background(), hi()) {
		fmt.Println(reprise.KindOf(err), err)
	}
	// Output: overloaded bedrock: Overloaded
}
