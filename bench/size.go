package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// minimal are programs that stream one answer.
var minimal = []struct{ name, module, pkg string }{
	{"net/http and encoding/json", "floor", "./minimal"},
	{"reprise", "reprise", "./minimal"},
	{"reprise, with an agent", "reprise", "./minimal-agent"},
	{"go-openai", "others", "./minimal-go-openai"},
	{"openai-go", "others", "./minimal-openai-go"},
	{"eino", "frameworks", "./minimal-eino"},
	{"langchaingo", "frameworks", "./minimal-langchaingo"},
	{"fantasy", "fantasy", "./minimal"},
}

// sizes builds the minimal programs.
func (b *bench) sizes() ([][]string, error) {
	if !b.wanted("size") {
		return nil, nil
	}
	rows := [][]string{{"", "MB", "MB over the first", "modules compiled in"}}
	var first float64
	for _, m := range minimal {
		file, err := build(b.dir, m.module, m.pkg)
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(file)
		if err != nil {
			return nil, err
		}
		mb := float64(info.Size()) / 1e6
		if first == 0 {
			first = mb
		}
		version, err := exec.Command("go", "version", "-m", file).Output()
		if err != nil {
			return nil, err
		}
		rows = append(rows, []string{m.name, fmt.Sprintf("%.1f", mb), fmt.Sprintf("%.1f", mb-first), fmt.Sprint(strings.Count(string(version), "\n\tdep"))})
	}
	fmt.Println("\na minimal program")
	printRows(os.Stdout, rows)
	return rows, nil
}
