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

// A program is what came of building one.
type program struct {
	name    string
	mb      float64
	modules int // compiled in beside its own
}

// sizes builds the minimal programs.
func (b *bench) sizes() ([]program, error) {
	if !b.wanted("size") {
		return nil, nil
	}
	var all []program
	for _, m := range minimal {
		file, err := build(b.dir, m.module, m.pkg)
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(file)
		if err != nil {
			return nil, err
		}
		version, err := exec.Command("go", "version", "-m", file).Output()
		if err != nil {
			return nil, err
		}
		all = append(all, program{m.name, float64(info.Size()) / 1e6, strings.Count(string(version), "\n\tdep")})
	}
	fmt.Println("\na minimal program")
	printRows(os.Stdout, sizeRows(all))
	return all, nil
}

// sizeRows are the programs as text, under a heading.
func sizeRows(all []program) [][]string {
	rows := [][]string{{"", "MB", "MB over the first", "modules compiled in"}}
	for _, p := range all {
		rows = append(rows, []string{p.name, fmt.Sprintf("%.1f", p.mb), fmt.Sprintf("%.1f", p.mb-all[0].mb), fmt.Sprint(p.modules)})
	}
	return rows
}
