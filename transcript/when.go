package transcript

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/repriselabs/reprise/cassette"
)

// when tells when an exchange was made: as recorded, by the answer's Date
// header, or by what the answer says of when it was created.
func when(in *cassette.Interaction) time.Time {
	if !in.Started.IsZero() {
		return in.Started
	}
	if at, err := http.ParseTime(in.Response.Header.Get("Date")); err == nil {
		return at
	}
	for _, field := range []string{`"created":`, `"created_at":`} {
		if s, ok := after(in.Response.Body, field); ok {
			if sec, err := strconv.ParseFloat(s, 64); err == nil && sec > 1e9 && sec < 1e11 {
				return time.Unix(int64(sec), 0).UTC()
			}
		}
	}
	if s, ok := after(in.Response.Body, `"createTime":`); ok {
		if at, err := time.Parse(time.RFC3339Nano, strings.Trim(s, `"`)); err == nil {
			return at
		}
	}
	return time.Time{}
}

// after returns the simple value that follows a field's name.
func after(body, field string) (string, bool) {
	_, rest, ok := strings.Cut(body, field)
	rest = strings.TrimLeft(rest, " ")
	end := strings.IndexAny(rest, ",}\n ")
	if !ok || end < 0 {
		return "", false
	}
	return rest[:end], true
}
