// Package bedrock asks Claude on Amazon Bedrock: the InvokeModel operations
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html)
// with the codec of package anthropic, signed with the credentials of AWS or
// with a bearer key.
//
// [New] gives the model a Client that signs. A Client of the caller's takes
// its place; to record with a cassette, let the cassette's transport be a
// [Transport], so that replay needs no credentials:
//
//	m := bedrock.New("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us-east-1")
//	m.Client = (&cassette.Cassette{File: file, Transport: m.Client.Transport}).Client()
package bedrock

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/repriselabs/reprise/anthropic"
)

// Provider is the name in events and errors.
const Provider = "bedrock"

// New is a model in a region, such as us-east-1. Its name is that of a model,
// an inference profile or their ARN:
// us.anthropic.claude-sonnet-4-5-20250929-v1:0. The credentials are found
// with the first request, as the AWS SDK finds them. A Key that is set later
// is sent as a bearer token in their place
// (https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html).
func New(name, region string) *anthropic.Model {
	return &anthropic.Model{
		Name:   name,
		Host:   Host(region),
		Client: &http.Client{Transport: &Transport{Region: region}},
	}
}

// FromEnv is a model in the region of AWS_REGION, AWS_DEFAULT_REGION or the
// AWS configuration, with the bearer key of AWS_BEARER_TOKEN_BEDROCK, if that
// is set.
func FromEnv(name string) (*anthropic.Model, error) {
	if name == "" {
		return nil, errors.New("bedrock: no model name, such as us.anthropic.claude-sonnet-4-5-20250929-v1:0")
	}
	region := os.Getenv("AWS_REGION")
	if region == "" {
		region = os.Getenv("AWS_DEFAULT_REGION")
	}
	if region == "" {
		c, err := config.LoadDefaultConfig(context.Background())
		if err != nil {
			return nil, fmt.Errorf("bedrock: the AWS configuration: %w", err)
		}
		region = c.Region
	}
	if region == "" {
		return nil, errors.New("bedrock: no region: set AWS_REGION")
	}
	m := New(name, region)
	m.Key = os.Getenv("AWS_BEARER_TOKEN_BEDROCK")
	return m, nil
}

// Host is Bedrock in a region. [New] makes models with it.
func Host(region string) *anthropic.Host {
	return &anthropic.Host{
		Provider:  Provider,
		Version:   "bedrock-2023-05-31",
		NoKey:     "no credentials: give the model a Client whose transport is a bedrock.Transport, as bedrock.New does, or set Model.Key",
		BaseURL:   func(op anthropic.Op) string { return baseURL(op, region) },
		Path:      path,
		NoStream:  true,
		BodyBetas: true,
		Sparse:    true,
		WrapCount: wrapCount,
	}
}

func baseURL(op anthropic.Op, region string) string {
	if region == "" {
		return ""
	}
	service := "bedrock-runtime"
	if op == anthropic.OpModels {
		service = "bedrock"
	}
	return "https://" + service + "." + region + "." + domain(region)
}

// domain is that of the region's partition:
// https://docs.aws.amazon.com/general/latest/gr/bedrock.html.
func domain(region string) string {
	if len(region) > 3 && region[:3] == "cn-" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

func path(op anthropic.Op, model string) string {
	name := url.QueryEscape(model) // a : is escaped too, as AWS signs it
	switch op {
	case anthropic.OpMessages:
		return "/model/" + name + "/invoke-with-response-stream"
	case anthropic.OpCountTokens:
		return "/model/" + name + "/count-tokens"
	case anthropic.OpModels:
		return "/foundation-models?byProvider=anthropic"
	}
	return ""
}

// wrapCount is the body of
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html.
func wrapCount(messages []byte) []byte {
	return []byte(`{"input":{"invokeModel":{"body":"` + base64.StdEncoding.EncodeToString(messages) + `"}}}`)
}
