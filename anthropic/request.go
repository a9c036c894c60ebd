package anthropic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// encoder writes the body of a request.
type encoder struct {
	wire.Encoder
	model    *Model
	name     string
	profile  profile
	warnings []reprise.Warning
	betas    []string // that the request needs
	cache    cachePoints
	open     reprise.Role // of the message that is being written; empty: none
}

func newEncoder(m *Model, name string) *encoder {
	return &encoder{model: m, name: name, profile: profileOf(name)}
}

// encode writes the body for a request; what had to be left out is in the
// warnings. The parts are in the order in which the API caches them.
func (e *encoder) encode(op Op, req *reprise.Request) ([]byte, error) {
	e.cache.auto = !e.model.NoCache && !hasCachePoint(req)
	e.Open('{')
	e.head(op)
	system, placed := e.systemParts(req)
	steps := []func() error{
		func() error { return e.tools(req) },
		func() error { return e.system(system) },
		func() error { return e.messages(req.Messages, placed) },
		func() error { return e.settings(op, req) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if betas := e.allBetas(); len(betas) > 0 && e.model.bodyBetas() {
		e.strings("anthropic_beta", betas)
	}
	e.Close('}')
	if e.cache.marks > maxCachePoints {
		return nil, fmt.Errorf("%d cache points: the API takes %d", e.cache.marks, maxCachePoints)
	}
	return e.extra(op, req.Extra[API])
}

// head writes what names the model and the version.
func (e *encoder) head(op Op) {
	h := e.model.Host
	if h == nil || op == OpCountTokens && h.CountModel {
		e.Field("model", e.name)
	}
	if h != nil {
		e.Field("anthropic_version", h.Version)
	}
	if op == OpMessages && (h == nil || !h.NoStream) {
		e.Key("stream")
		e.Bool(true)
	}
}

func (e *encoder) dropped(format string, args ...any) {
	e.warnings = append(e.warnings, reprise.Warning{
		Provider: e.model.provider(), Code: reprise.WarnDropped, Message: fmt.Sprintf(format, args...),
	})
}

// needs asks for a beta.
func (e *encoder) needs(beta string) {
	if !slices.Contains(e.betas, beta) {
		e.betas = append(e.betas, beta)
	}
}

// allBetas are those of the model and those that the request needs.
func (e *encoder) allBetas() []string {
	all := slices.Clone(e.model.Betas)
	for _, b := range e.betas {
		if !slices.Contains(all, b) {
			all = append(all, b)
		}
	}
	return all
}

func (e *encoder) strings(name string, list []string) {
	e.Key(name)
	e.Open('[')
	for _, s := range list {
		e.String(s)
	}
	e.Close(']')
}

// settings writes what is neither prompt nor tools.
func (e *encoder) settings(op Op, req *reprise.Request) error {
	thinking, err := e.thinking(req)
	if err != nil {
		return err
	}
	if err := e.outputConfig(req); err != nil {
		return err
	}
	if op == OpCountTokens && !e.countsWhole() {
		return nil
	}
	e.Key("max_tokens")
	e.Int(int64(e.maxTokens(req, thinking)))
	if len(req.Stop) > 0 {
		e.strings("stop_sequences", req.Stop)
	}
	e.sampling(req, thinking != nil && thinking.on())
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"presence_penalty", req.PresencePenalty != nil}, {"frequency_penalty", req.FrequencyPenalty != nil}, {"seed", req.Seed != nil},
	} {
		if f.set {
			e.dropped("%s: the API has none", f.name)
		}
	}
	return nil
}

// countsWhole reports whether tokens are counted of a whole request.
func (e *encoder) countsWhole() bool {
	return e.model.Host != nil && e.model.Host.WrapCount != nil
}

// sampling writes temperature, top_p and top_k, where the API takes them
// beside thinking: https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking.
func (e *encoder) sampling(req *reprise.Request, thinking bool) {
	why := func(allowed bool) string {
		switch {
		case !e.profile.sampling:
			return e.name + " has none"
		case thinking && !allowed:
			return "the API does not take it together with thinking"
		}
		return ""
	}
	float := func(name string, v *float64, allowed bool) {
		if v == nil {
			return
		}
		if why := why(allowed); why != "" {
			e.dropped("%s: %s", name, why)
			return
		}
		e.Key(name)
		e.Float(*v)
	}
	float("temperature", req.Temperature, req.Temperature != nil && *req.Temperature == 1)
	float("top_p", req.TopP, req.TopP != nil && *req.TopP >= 0.95)
	if req.TopK != nil {
		if why := why(false); why != "" {
			e.dropped("top_k: %s", why)
			return
		}
		e.Key("top_k")
		e.Int(int64(*req.TopK))
	}
}

// notCounted are the fields that only an answer has; counting tokens, the API
// refuses them.
var notCounted = []string{
	"max_tokens", "stop_sequences", "temperature", "top_p", "top_k", "stream", "metadata", "service_tier", "container",
	"inference_geo", "fallbacks", "fallback_credit_token", "diagnostics",
}

// extra sets the fields of Extra, which win over what was written before.
func (e *encoder) extra(op Op, extra json.RawMessage) ([]byte, error) {
	if len(extra) == 0 {
		return e.Buf, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(e.Buf, &fields); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(extra, &fields); err != nil {
		return nil, fmt.Errorf("extra[%q] is not a JSON object: %w", API, err)
	}
	if op == OpCountTokens && !e.countsWhole() {
		for _, name := range notCounted {
			delete(fields, name)
		}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(fields)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

// members writes the members of an object that is JSON already, but those
// that are named.
func (e *encoder) members(object json.RawMessage, but ...string) error {
	var d wire.Decoder
	d.Reset(object)
	for more := d.Open('{'); more; more = d.Next('}') {
		key := string(d.Key())
		raw := d.Raw()
		if d.Err() == nil && !slices.Contains(but, key) {
			e.cache.own = e.cache.own || key == "cache_control"
			e.Key(key)
			e.Raw(raw)
		}
	}
	return d.End()
}

// blank reports whether a text is only white space.
func blank(s string) bool { return strings.TrimSpace(s) == "" }
