package modeltest

import "cmp"

// checks are all of them, in the order in which they are best read.
var checks = []check{
	{"a text goes there and another comes back", nil, (*suite).text},
	{"a conversation arrives whole and in order", nil, (*suite).conversation},
	{"the system prompt arrives", func(l *Lacks) string { return l.System }, (*suite).system},
	{"a setting arrives, or a warning says that it cannot", nil, (*suite).settings},
	{"the request stays as it is", nil, (*suite).requestUnchanged},
	{"the same request is sent the same", nil, (*suite).sentTheSame},
	{"nothing is sent before the loop begins", nil, (*suite).lazy},

	{"events come in order and add up", nil, (*suite).order},
	{"an event comes when it is written", nil, (*suite).atOnce},
	{"an answer that comes as a whole is the same", func(l *Lacks) string { return l.Wholes }, (*suite).whole},
	{"an answer that reached the limit says so", nil, (*suite).limit},
	{"a refusal is told from a text", func(l *Lacks) string { return l.Refusals }, (*suite).refusal},

	{"a tool is offered, called and answered", nil, (*suite).oneTool},
	{"parallel calls and their results keep their order", nil, (*suite).parallelTools},
	{"a tool without arguments is called", nil, (*suite).zeroArguments},
	{"what a tool says of its error arrives", nil, (*suite).toolError},
	{"a tool's error is marked as one", func(l *Lacks) string { return l.ErrorResults }, (*suite).toolErrorMark},
	{"the choice of tools arrives", nil, (*suite).toolChoice},
	{"structured output is asked for", func(l *Lacks) string { return l.Output }, (*suite).output},

	{"reasoning goes back byte for byte over three turns", func(l *Lacks) string { return l.Reasoning }, (*suite).reasoningReturns},
	{"what another provider hid stays here, with a warning", nil, (*suite).foreignParts},
	{"an image arrives", func(l *Lacks) string { return l.Images }, (*suite).image},
	{"an image by address arrives", func(l *Lacks) string { return l.ImageURLs }, (*suite).imageURL},

	{"input includes the cache, output the reasoning", nil, (*suite).usage},
	{"the cost is what the provider says", func(l *Lacks) string { return l.Cost }, (*suite).cost},

	{"the key goes with the request", func(l *Lacks) string { return l.Key }, (*suite).keySent},
	{"no key is an error before the network is reached", func(l *Lacks) string { return cmp.Or(l.Key, l.Address) }, (*suite).keyMissing},
	{"a wrong key is an error of kind auth", nil, (*suite).unauthorized},
	{"a rate limit tells in seconds how long to wait", nil, (*suite).rateLimit},
	{"a rate limit tells by date how long to wait", nil, (*suite).rateLimitDate},
	{"a broken provider is an error that names the request", nil, (*suite).serverError},
	{"an overload is an error of kind overloaded", nil, (*suite).overloaded},
	{"an error in mid-stream keeps what was there", func(l *Lacks) string { return l.StreamErrors }, (*suite).midStreamError},
	{"a page that is no answer is an error", nil, (*suite).garbage},
	{"an answer without a message is an error", nil, (*suite).noMessage},
	{"an unreachable provider is an error of kind network", nil, (*suite).unreachable},
	{"no error holds the key", nil, (*suite).keyHidden},
	{"no error in an answer holds the key", nil, (*suite).keyHiddenInStream},

	{"a broken connection is an error, wherever it breaks", nil, (*suite).brokenAnywhere},
	{"a stream that ends too early is an error", nil, (*suite).endsEarly},
	{"a cancel in mid-stream ends everything", nil, (*suite).cancel},
	{"a cancel before the answer begins ends the wait", nil, (*suite).cancelWaiting},
	{"a context that is done asks nothing", nil, (*suite).canceledBefore},
	{"a deadline in mid-stream is an error of kind timeout", nil, (*suite).deadline},
	{"leaving the loop closes the connection", nil, (*suite).leave},
	{"leaving the loop at any event is the end", nil, (*suite).leaveAnywhere},
	{"32 goroutines ask one model at once", nil, (*suite).concurrent},
}
