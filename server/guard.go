package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// TokenHeader is where a [Guard]'s token may be sent.
const TokenHeader = "Reprise-Token"

// A Guard lets through to a handler what may reach it. Pages in a browser may
// not, whatever name they have made of this address, unless they are listed.
type Guard struct {
	Next http.Handler

	// Token, when set, must be sent: in [TokenHeader] or, if KeyIsToken, where
	// an SDK sends its key, such as Authorization: Bearer. It is not passed on.
	Token      string
	KeyIsToken bool

	// Hosts are the names by which clients may call the server, without a
	// port. Addresses and localhost always may.
	Hosts []string

	// Origins are those of pages that may call it: http://localhost:3000, or
	// "*" for all.
	Origins []string

	// Most bounds the requests that are answered at once; 0: 20,000.
	Most int

	// Done, when set, is told of each request that is not let through, perhaps
	// by several goroutines at once.
	Done func(Answered)

	active atomic.Int64
}

// Active is how many requests are being answered.
func (g *Guard) Active() int { return int(g.active.Load()) }

// ServeHTTP implements http.Handler. GET /healthz needs no token.
func (g *Guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.hostAllowed(r.Host) {
		g.deny(w, r, http.StatusForbidden, fmt.Sprintf("%q is not one of this server's names: --allow-host (Guard.Hosts) adds one", r.Host))
		return
	}
	if r.URL.Path == "/healthz" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		fmt.Fprintln(w, "ok")
		return
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if !g.originAllowed(origin) {
			g.deny(w, r, http.StatusForbidden, fmt.Sprintf("pages of %q may not use this server: --allow-origin (Guard.Origins) lets them", origin))
			return
		}
		if allowOrigin(w, r, origin) {
			return
		}
	}
	if !g.authorized(r) {
		g.deny(w, r, http.StatusUnauthorized, "this server wants its token: "+g.how())
		return
	}
	most := int64(g.Most)
	if most <= 0 {
		most = 20_000
	}
	if g.active.Add(1) > most {
		g.active.Add(-1)
		w.Header().Set("Retry-After", "1")
		g.deny(w, r, http.StatusServiceUnavailable, fmt.Sprintf("%d requests are being answered, and no more are at once", most))
		return
	}
	defer g.active.Add(-1)
	g.Next.ServeHTTP(w, r)
}

// deny answers with an error that any API's client can show.
func (g *Guard) deny(w http.ResponseWriter, r *http.Request, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"error","error":{"type":"reprise_guard","code":%d,"message":%q}}`+"\n", status, why)
	if g.Done != nil {
		g.Done(Answered{Method: r.Method, Path: r.URL.Path, Status: status, Err: errors.New(why)})
	}
}

// hostAllowed guards against DNS rebinding: a page whose name was made to
// point here still calls the server by that name.
func (g *Guard) hostAllowed(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") ||
		slices.ContainsFunc(g.Hosts, func(name string) bool { return strings.EqualFold(name, host) })
}

func (g *Guard) originAllowed(origin string) bool {
	return slices.ContainsFunc(g.Origins, func(page string) bool {
		return page == "*" || strings.EqualFold(strings.TrimSuffix(page, "/"), origin)
	})
}

// allowOrigin tells a browser that a page may read the answer. It reports
// whether the browser asked for no more than that.
func allowOrigin(w http.ResponseWriter, r *http.Request, origin string) bool {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Expose-Headers", MatchHeader+", "+ExchangeHeader)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
	h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
	w.WriteHeader(http.StatusNoContent)
	return true
}

func (g *Guard) how() string {
	if g.KeyIsToken {
		return "send it as the API key, or as " + TokenHeader
	}
	return "send it as " + TokenHeader
}

// authorized reports whether the request has the token, and takes it off.
func (g *Guard) authorized(r *http.Request) bool {
	if g.Token == "" {
		return true
	}
	sent := []string{r.Header.Get(TokenHeader)}
	r.Header.Del(TokenHeader)
	if g.KeyIsToken {
		_, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		sent = append(sent, bearer, r.Header.Get("X-Api-Key"), r.Header.Get("Api-Key"), r.Header.Get("X-Goog-Api-Key"))
		if query, err := url.ParseQuery(r.URL.RawQuery); err == nil {
			sent = append(sent, query.Get("key"))
		}
	}
	want := sha256.Sum256([]byte(g.Token))
	ok := 0
	for _, s := range sent {
		got := sha256.Sum256([]byte(s))
		ok |= subtle.ConstantTimeCompare(want[:], got[:])
	}
	return ok == 1
}
