// Package cassette records HTTP exchanges to a file and replays them from it.
//
// A Cassette is an http.RoundTripper: it goes where a client's transport
// goes. The file is go-vcr's version 2: what go-vcr wrote is replayed here,
// and go-vcr replays what is written here, with a matcher that compares
// method, URL and body. Keys that go-vcr ignores hold what it cannot know:
// when and in which pieces a body came, how an exchange ended, and the
// results of calls that are not HTTP.
//
// A request is answered by the exchange with the same method, URL and body,
// where JSON bodies are compared as values: the order of keys and white space
// do not matter, and numbers are exact. Credentials are not stored, and two
// requests that differ only in them are the same.
//
// In a test, one line does:
//
//	client := cassette.Test(t).Client() // replays testdata/<test's name>.yaml
//
// and REPRISE_RECORD=1 go test records.
package cassette
