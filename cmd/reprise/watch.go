package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/repriselabs/reprise/server"
)

// watch logs and counts what a server does.
type watch struct {
	notes  io.Writer
	log    *slog.Logger
	active func() int
	passes bool // it is a proxy: nothing is matched

	metrics   *prometheus.Registry
	requests  *prometheus.CounterVec
	bytes     prometheus.Counter
	firstByte prometheus.Histogram
	took      prometheus.Histogram

	mu    sync.Mutex
	total int
	rungs map[string]int
	asked map[string]bool // exchanges
}

func newWatch(notes io.Writer) *watch {
	seconds := prometheus.ExponentialBuckets(0.0001, 4, 11)
	w := &watch{
		notes: notes, rungs: map[string]int{}, asked: map[string]bool{},
		log:     slog.New(slog.NewTextHandler(prefixed{notes}, nil)),
		metrics: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "reprise_requests_total", Help: "Requests, by API, how they were matched, and status.",
		}, []string{"api", "match", "status"}),
		bytes:     prometheus.NewCounter(prometheus.CounterOpts{Name: "reprise_response_bytes_total", Help: "Bytes of answers."}),
		firstByte: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "reprise_first_byte_seconds", Help: "From a request to the first byte of its answer.", Buckets: seconds}),
		took:      prometheus.NewHistogram(prometheus.HistogramOpts{Name: "reprise_request_seconds", Help: "From a request to the end of its answer.", Buckets: seconds}),
	}
	active := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "reprise_active_requests", Help: "Requests that are being answered."}, func() float64 {
		return float64(w.active())
	})
	w.metrics.MustRegister(w.requests, w.bytes, w.firstByte, w.took, active)
	return w
}

// prefixed writes each line with the program's name in front.
type prefixed struct{ w io.Writer }

func (p prefixed) Write(line []byte) (int, error) {
	_, err := p.w.Write(append([]byte("reprise: "), line...))
	return len(line), err
}

// withMetrics answers /metrics, and leaves the rest to next.
func (w *watch) withMetrics(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(w.metrics, promhttp.HandlerOpts{}))
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			mux.ServeHTTP(rw, r)
			return
		}
		next.ServeHTTP(rw, r) // as it is: a mux cleans paths
	})
}

func (w *watch) problem(err error) { fmt.Fprintf(w.notes, "reprise: %s\n", indent(err.Error())) }

// done logs and counts a request.
func (w *watch) done(a server.Answered) {
	match := string(a.Rung)
	if match == "" {
		match = "none"
	}
	attrs := []any{"method", a.Method, "path", a.Path, "status", a.Status}
	if !w.passes {
		attrs = append(attrs, "match", match)
	}
	for _, more := range []struct{ name, value string }{{"exchange", a.Exchange}, {"session", a.Session}} {
		if more.value != "" {
			attrs = append(attrs, more.name, more.value)
		}
	}
	attrs = append(attrs, "bytes", a.Bytes, "took", a.Took.Round(10*time.Microsecond))
	for _, warning := range a.Warnings {
		attrs = append(attrs, "warning", warning.Message)
	}
	level, text := slog.LevelInfo, "answered"
	if a.Err != nil {
		level, text = slog.LevelWarn, "not answered"
		if a.Status < http.StatusBadRequest { // or the client was told
			text = "broken off"
		}
		attrs = append(attrs, "error", a.Err.Error())
	}
	w.log.Log(context.Background(), level, text, attrs...)
	w.requests.WithLabelValues(a.API, match, fmt.Sprint(a.Status)).Inc()
	w.bytes.Add(float64(a.Bytes))
	w.firstByte.Observe(a.FirstByte.Seconds())
	w.took.Observe(a.Took.Seconds())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total++
	w.rungs[match]++
	w.asked[a.Exchange] = true
}

// summary tells what was asked, and of what is recorded what was not.
func (w *watch) summary(exchanges []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(w.notes, "reprise: %s", count(w.total, "request"))
	for _, match := range []string{"exact", "conversation", "loose", "none"} {
		if n := w.rungs[match]; n > 0 && !w.passes {
			fmt.Fprintf(w.notes, ", %d %s", n, match)
		}
	}
	fmt.Fprintln(w.notes)
	const most = 10
	unasked := 0
	for _, e := range exchanges {
		if w.asked[e] {
			continue
		}
		if unasked++; unasked <= most {
			fmt.Fprintf(w.notes, "reprise:   %s was not asked for\n", e)
		}
	}
	if unasked > most {
		fmt.Fprintf(w.notes, "reprise:   and %d more\n", unasked-most)
	}
}
