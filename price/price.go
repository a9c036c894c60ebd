// Package price tells what tokens cost: by the provider, the model and the
// time of the exchange.
//
//	usd, ok := price.Of("xai", "grok-code-fast-1", at, usage)
//
// The prices are in a table that is part of the program; [Updated] tells its
// day. It is made from the npm package @pydantic/genai-prices 0.1.8 of 23
// September 2026 (MIT licence, see NOTICE), and "go generate ./price" makes it
// anew. What a provider says that it billed is better than any table.
//
// # What is unknown
//
// A price that the table does not have is unknown and never zero: of models
// without a row, of rows without a price, and of rows whose price depends on
// what [Items] do not tell apart, such as pictures. Services that are billed
// beside the tokens are not counted, but for web searches.
//
// # What the source leaves open
//
// Prices are the list prices of the standard service; of other tiers only
// those are known that have a model name of their own, such as OpenRouter's
// :batch. Azure's and Google Cloud's are those of the global endpoints.
// Perplexity's fee for a request is the highest that it lists. DeepSeek's
// prices for hours of the day are not lowered at weekends.
package price

//go:generate go run ./generate

import (
	"strings"
	"time"

	"github.com/repriselabs/reprise"
)

// Of returns what usage u costs, by the row that [Lookup] finds. It reports
// false if that is not known. See [Items] for what Of takes to be so, as a
// [reprise.Usage] does not tell.
func Of(provider, model string, at time.Time, u reprise.Usage) (reprise.USD, bool) {
	row, ok := Lookup(provider, model, at)
	if !ok {
		return 0, false
	}
	return row.Cost(Items{Usage: u})
}

// Lookup returns the prices of a model at a time. It reports false if they
// are not known.
//
// The provider is one of ours (openai, azure, xai, openrouter, vercel,
// anthropic, bedrock, google, vertex, …), another's name in the table, or the
// host that it answers at. The model is named as the provider names it in
// requests or answers; at Bedrock the request's name tells more, as the price
// of "global." models is lower. OpenRouter's models that have no row of their
// own, and all of the Vercel gateway's, have the prices of their makers, to
// which both add nothing; Hugging Face's router needs the name of the
// inference provider after the model's ("openai/gpt-oss-120b:groq").
//
// At the zero time, which stands for one that is not known, a model has a
// price only if it never had another.
//
// The row's prices are the table's own and must not be changed.
func Lookup(provider, model string, at time.Time) (Row, bool) {
	t := data()
	provider, model = strings.ToLower(strings.TrimSpace(provider)), strings.ToLower(strings.TrimSpace(model))
	if provider == "huggingface" {
		if name, by, ok := strings.Cut(model, ":"); ok {
			provider, model = "huggingface/"+by, name
		}
	}
	m := t.model(provider, model)
	if m == nil {
		m = t.upstream(provider, model)
	}
	if m == nil {
		return Row{}, false
	}
	return m.at(at)
}

// Updated returns the day that the table's prices are from.
func Updated() time.Time { return data().date }
