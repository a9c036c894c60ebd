package price

import (
	"math/big"
	"time"

	"github.com/repriselabs/reprise"
)

// A Row of the table: what a model costs at a provider during some time.
type Row struct {
	Provider string    // whose price it is: a gateway's row may be that of the model's maker
	Model    string    // the table's name for the model
	From     time.Time // when the price began; zero: as long as is known
	Until    time.Time // when it ended; zero: as far as is known
	Hours    string    // the hours of each day, UTC, that it holds in ("16:30-00:30"); empty: always
	Rates
	Tiers []Tier // other rates for requests with long inputs, shortest first
}

// Rates are prices in US dollars, exact. What is nil is not known, or not a
// price of its own: then the price in brackets holds. So does the source's
// own calculator have it.
type Rates struct {
	// For a million tokens.
	Input          *reprise.USD `json:"input"`
	CacheRead      *reprise.USD `json:"cache_read"`     // (Input)
	CacheWrite     *reprise.USD `json:"cache_write"`    // for the provider's default time, 5 minutes at Anthropic (Input)
	CacheWrite1h   *reprise.USD `json:"cache_write_1h"` // to be kept for an hour (CacheWrite)
	Output         *reprise.USD `json:"output"`
	Reasoning      *reprise.USD `json:"reasoning"`        // (Output)
	AudioInput     *reprise.USD `json:"audio_input"`      // (Input)
	AudioCacheRead *reprise.USD `json:"audio_cache_read"` // (AudioInput, CacheRead)
	AudioOutput    *reprise.USD `json:"audio_output"`     // (Output)
	// For a thousand.
	Requests *reprise.USD `json:"requests"` // nil: requests cost nothing beside their tokens
	Searches *reprise.USD `json:"searches"` // on the web, by the provider's own tool
}

// A Tier has the rates of requests with more than Over input tokens, for all
// their tokens.
type Tier struct {
	Over int64 `json:"over"`
	Rates
}

// Items are what one exchange used. The fields beside Usage tell more of it
// where the provider does; left alone they mean that there were no searches,
// and that what came in was text.
type Items struct {
	reprise.Usage
	Audio    *Audio // nil: not told, and the price not known if audio out has one of its own
	Searches int64  // on the web, by the provider's own tool
}

// Audio tells which of the tokens were sound.
type Audio struct {
	Input     int64 // of Input, including CacheRead
	CacheRead int64 // of CacheRead
	Output    int64 // of Output
}

// Cost returns what x costs, rounded once, half up. It reports false if a
// price of something in x is not known, if x contradicts itself (as more read
// from the cache than came in), and if it has no tokens at all, which is what
// a usage looks like that was not reported.
func (r Row) Cost(x Items) (reprise.USD, bool) {
	rates := r.Rates
	for _, t := range r.Tiers {
		if x.Input > t.Over {
			rates = t.Rates
		}
	}
	audio := Audio{}
	if x.Audio != nil {
		audio = *x.Audio
	} else if rates.AudioOutput != nil {
		return 0, false
	}
	reasoning := int64(0)
	if x.Reasoning != nil && rates.Reasoning != nil {
		reasoning = *x.Reasoning
	}
	heard := audio.Input - audio.CacheRead
	b := bill{ok: x.Total() > 0}
	b.add(x.Input-x.CacheRead-x.CacheWrite-heard, 1, rates.Input)
	b.add(x.CacheRead-audio.CacheRead, 1, rates.CacheRead, rates.Input)
	b.add(x.CacheWrite-x.CacheWrite1h, 1, rates.CacheWrite, rates.Input)
	b.add(x.CacheWrite1h, 1, rates.CacheWrite1h, rates.CacheWrite, rates.Input)
	b.add(heard, 1, rates.AudioInput, rates.Input)
	b.add(audio.CacheRead, 1, rates.AudioCacheRead, rates.AudioInput, rates.CacheRead, rates.Input)
	b.add(x.Output-reasoning-audio.Output, 1, rates.Output)
	b.add(reasoning, 1, rates.Reasoning)
	b.add(audio.Output, 1, rates.AudioOutput, rates.Output)
	b.add(x.Searches, 1000, rates.Searches)
	if rates.Requests != nil {
		b.add(1, 1000, rates.Requests)
	}
	return b.sum()
}

// million is how many tokens a rate is for.
const million = 1_000_000

// A bill adds up in units of 10⁻¹⁸ dollars.
type bill struct {
	total big.Int
	ok    bool
}

// add counts n times scale at the first of the rates that there is.
func (b *bill) add(n, scale int64, rates ...*reprise.USD) {
	if n == 0 {
		return
	}
	if n < 0 {
		b.ok = false
		return
	}
	for _, r := range rates {
		if r != nil {
			x := big.NewInt(n)
			x.Mul(x, big.NewInt(scale))
			b.total.Add(&b.total, x.Mul(x, big.NewInt(int64(*r))))
			return
		}
	}
	b.ok = false
}

func (b *bill) sum() (reprise.USD, bool) {
	b.total.Add(&b.total, big.NewInt(million/2))
	b.total.Quo(&b.total, big.NewInt(million))
	if !b.ok || !b.total.IsInt64() {
		return 0, false
	}
	return reprise.USD(b.total.Int64()), true
}
