module github.com/repriselabs/reprise/bench/reprise

go 1.26.0

require (
	github.com/repriselabs/reprise v0.0.0
	github.com/repriselabs/reprise/bench v0.0.0
)

require (
	github.com/google/jsonschema-go v0.4.3 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
)

replace (
	github.com/repriselabs/reprise => ../../
	github.com/repriselabs/reprise/bench => ../
)
