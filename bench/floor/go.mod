module github.com/repriselabs/reprise/bench/floor

go 1.26.0

require github.com/repriselabs/reprise/bench v0.0.0

require github.com/go-json-experiment/json v1.27.2

replace github.com/repriselabs/reprise/bench => ../
