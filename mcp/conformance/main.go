// Command conformance is the client that the official conformance suite of
// the Model Context Protocol is run on: see mcp's TestConformance. It is
// started with the address of a server, and with the scenario's name and data
// in its environment.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/auth"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/mcp"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// arguments are those of the tools that a scenario wants called.
var arguments = map[string]string{
	"add_numbers":                      `{"a":5,"b":3}`,
	"test_client_elicitation_defaults": `{}`,
	"test_reconnection":                `{}`,
	"test-tool":                        `{}`,
}

func run(ctx context.Context) (err error) {
	if len(os.Args) != 2 {
		return errors.New("want the address of a server")
	}
	server := &mcp.Server{URL: os.Args[1]}
	defer func() { err = errors.Join(err, server.Close()) }()
	scenario := os.Getenv("MCP_CONFORMANCE_SCENARIO")
	if strings.HasPrefix(scenario, "auth/") {
		if server.OAuth, err = authorization(); err != nil {
			return err
		}
	}
	if strings.HasPrefix(scenario, "elicitation") {
		server.Options.ElicitationHandler = func(context.Context, *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
			return &sdk.ElicitResult{Action: "accept", Content: map[string]any{}}, nil
		}
	}
	tools, err := server.Tools(ctx)
	if err != nil {
		return err
	}
	for _, tool := range tools {
		name := tool.Spec().Name
		args, ok := arguments[name]
		if !ok {
			continue
		}
		if _, err := tool.Call(ctx, reprise.ToolCall{ID: "1", Name: name, Args: args}); err != nil {
			return err
		}
	}
	return nil
}

// authorization is the flow of a browser, whose person the suite plays.
func authorization() (auth.OAuthHandler, error) {
	config := &auth.AuthorizationCodeHandlerConfig{
		RedirectURL:                    "http://localhost:3000/callback",
		AuthorizationCodeFetcher:       consent,
		ClientIDMetadataDocumentConfig: &auth.ClientIDMetadataDocumentConfig{URL: "https://conformance-test.local/client-metadata.json"},
		DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{
			Metadata: &oauthex.ClientRegistrationMetadata{RedirectURIs: []string{"http://localhost:3000/callback"}},
		},
	}
	var known struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if data := os.Getenv("MCP_CONFORMANCE_CONTEXT"); data != "" {
		if err := json.Unmarshal([]byte(data), &known); err != nil {
			return nil, err
		}
	}
	if known.Secret != "" {
		config.PreregisteredClient = &oauthex.ClientCredentials{
			ClientID: known.ID, ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: known.Secret},
		}
	}
	return auth.NewAuthorizationCodeHandler(config)
}

// consent asks for the code, which the suite gives at once.
func consent(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, args.URL, nil)
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil {
		return nil, err
	}
	q := to.Query()
	return &auth.AuthorizationResult{Code: q.Get("code"), State: q.Get("state"), Iss: q.Get("iss")}, nil
}
