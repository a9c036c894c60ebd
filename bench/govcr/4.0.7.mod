module github.com/repriselabs/reprise/bench/govcr

go 1.26.0

require (
	github.com/repriselabs/reprise/bench v0.0.0
	gopkg.in/dnaeon/go-vcr.v4 v4.0.7
)

require go.yaml.in/yaml/v4 v4.0.0-rc.6 // indirect

replace github.com/repriselabs/reprise/bench => ../
