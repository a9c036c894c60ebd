package bedrock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/repriselabs/reprise"
)

// A Transport signs requests to Bedrock (SigV4) and sends them on. One that
// has an Authorization header already, as a bearer key is, it does not sign.
// Without credentials a request is an error and is not sent, and neither is
// one to a host that is not AWS's, or not over https.
type Transport struct {
	Region string // required to sign
	// Credentials sign; nil: those that the AWS SDK finds in the environment,
	// in its files or on the machine, asked for with the first request.
	Credentials aws.CredentialsProvider
	Base        http.RoundTripper // nil: http.DefaultTransport
	// Hosts are further hosts that requests may be signed for, such as a
	// gateway that speaks SigV4, over plain HTTP too.
	Hosts []string

	mu    sync.Mutex
	chain aws.CredentialsProvider // as found
}

// RoundTrip signs a copy of the request and sends it.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	var err error
	switch {
	case !t.knows(req.URL):
		err = fmt.Errorf("credentials of AWS are not sent to %s://%s: nothing was sent; set Transport.Hosts if it is meant", req.URL.Scheme, req.URL.Hostname())
	case req.Header.Get("Authorization") == "":
		var signed *http.Request
		if signed, err = t.sign(req); err == nil {
			req = signed
		}
	}
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, &reprise.Error{Kind: reprise.KindAuth, Err: err}
	}
	return base.RoundTrip(req)
}

func (t *Transport) knows(u *url.URL) bool {
	host := u.Hostname()
	for _, suffix := range []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws"} {
		if u.Scheme == "https" && strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return slices.Contains(t.Hosts, host)
}

func (t *Transport) sign(req *http.Request) (*http.Request, error) {
	if t.Region == "" {
		return nil, errors.New("no region: set Transport.Region, such as us-east-1")
	}
	ctx := req.Context()
	provider, err := t.credentials(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := provider.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("no AWS credentials: %w", err)
	}
	sum, err := bodySum(req)
	if err != nil {
		return nil, err
	}
	signed := req.Clone(ctx)
	signed.Body = req.Body
	if req.GetBody != nil && req.Body != nil {
		req.Body.Close()
		if signed.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	if err := v4.NewSigner().SignHTTP(ctx, keys, signed, sum, "bedrock", t.Region, time.Now()); err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return signed, nil
}

// credentials are those that were set, or found once and kept.
func (t *Transport) credentials(ctx context.Context) (aws.CredentialsProvider, error) {
	if t.Credentials != nil {
		return t.Credentials, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.chain != nil {
		return t.chain, nil
	}
	c, err := config.LoadDefaultConfig(ctx, config.WithRegion(t.Region))
	if err != nil {
		return nil, fmt.Errorf("the AWS configuration: %w", err)
	}
	if c.Credentials == nil {
		return nil, errors.New("no AWS credentials")
	}
	t.chain = c.Credentials
	return t.chain, nil
}

// bodySum is the checksum of a body, which must be one that can be read
// again.
func bodySum(req *http.Request) (string, error) {
	h := sha256.New()
	if req.Body != nil && req.Body != http.NoBody {
		if req.GetBody == nil {
			return "", errors.New("the body cannot be read twice, as signing must")
		}
		body, err := req.GetBody()
		if err != nil {
			return "", err
		}
		defer body.Close()
		if _, err := io.Copy(h, body); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
