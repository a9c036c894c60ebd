module github.com/repriselabs/reprise/bench

go 1.26.0
