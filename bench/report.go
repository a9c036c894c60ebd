package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/repriselabs/reprise/bench/peer"
)

//go:embed performance.md.tmpl
var reportText string

// write writes the report.
func (b *bench) write(did outcome, began time.Time) error {
	versions, err := b.versions()
	if err != nil {
		return err
	}
	text, err := report(append(did.tables, did.served.tables...)).render(map[string]any{
		"Date": began.UTC().Format("2 January 2006"), "Took": fmt.Sprintf("%.0f minutes", time.Since(began).Minutes()),
		"Machine": machine(), "Go": runtime.Version(), "Rounds": b.rounds, "For": b.long,
		"Versions": versions, "Load": strings.Join(b.load, " at the begin and ") + " at the end",
		"Others": fmt.Sprintf("%.0f%%", 100*b.others), "Streams": markdown(did.streams), "Sizes": markdown(did.sizes),
		"Slow": markdown(did.served.slow), "Recording": markdown(did.served.recording),
		"Npm": strings.Join(packages[:2], ", ") + " (Node " + did.served.node + ")", "Absent": did.served.absent,
	})
	if err != nil {
		return err
	}
	return os.WriteFile(b.report, text, 0o644)
}

// report is the tables that the report's text asks for by name.
type report []table

// render writes the text with its tables, and what else it asks for.
func (r report) render(values map[string]any) ([]byte, error) {
	t, err := template.New("report").Option("missingkey=error").Funcs(template.FuncMap{
		"table": r.table, "load": r.load, "sizes": r.sizes, "times": r.times, "growth": r.growth,
	}).Parse(reportText)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, values)
	return out.Bytes(), err
}

func (r report) find(name string, loopback bool) (*table, error) {
	for i := range r {
		if r[i].name == name && r[i].loopback == loopback {
			return &r[i], nil
		}
	}
	return nil, fmt.Errorf("no work %q", name)
}

// table is that of a work, over loopback or in memory.
func (r report) table(name string, loopback bool) (string, error) {
	t, err := r.find(name, loopback)
	if err != nil {
		return "", err
	}
	return markdown(t.rows()), nil
}

// load is the table of servers under load.
func (r report) load(name string) (string, error) {
	t, err := r.find(name, true)
	if err != nil {
		return "", err
	}
	return markdown(t.loadRows()), nil
}

// sizes is one table of works in memory that differ in size, with a column
// that says which size a row is of, and one that says what a unit takes of the
// CPU beside one of the smallest.
func (r report) sizes(heading string, names ...string) (string, error) {
	_, smallest := peer.Split(names[0])
	var rows [][]string
	alone := true
	for _, name := range names {
		t, err := r.find(name, false)
		if err != nil {
			return "", err
		}
		alone = alone && len(t.peers) == 1
		_, n := peer.Split(name)
		for i, row := range t.rows() {
			size, growth := heading, "CPU, × at "+count(smallest)
			if i > 0 {
				size = count(n)
				if growth, err = r.growth(row[0], names[0], name); err != nil {
					return "", err
				}
			}
			if row[4] = growth; i > 0 || rows == nil {
				rows = append(rows, slices.Insert(row, 1, size))
			}
		}
	}
	if alone { // there is no other to be compared with
		for i := range rows {
			rows[i] = slices.Delete(rows[i], 3, 4)
		}
	}
	return markdown(rows), nil
}

// times is how many times faster than a peer this project is.
func (r report) times(name string, loopback bool, than string) (string, error) {
	t, err := r.find(name, loopback)
	if err != nil {
		return "", err
	}
	return t.ratio(than, "reprise", wall).String(), nil
}

// growth is how many times more CPU a unit takes a peer in a larger work than
// in a smaller one, both in memory.
func (r report) growth(peer, small, large string) (string, error) {
	s, err := r.find(small, false)
	if err != nil {
		return "", err
	}
	l, err := r.find(large, false)
	if err != nil {
		return "", err
	}
	return ratios(l.figures(peer, cpu), s.figures(peer, cpu)).String(), nil
}

// measured are the modules whose versions the report names.
var measured = []string{
	"charm.land/fantasy", "github.com/openai/openai-go/v3", "github.com/sashabaranov/go-openai",
	"github.com/cloudwego/eino", "github.com/cloudwego/eino-ext/components/model/openai", "github.com/bytedance/sonic", "github.com/tmc/langchaingo",
	"github.com/go-json-experiment/json", "github.com/anthropics/anthropic-sdk-go", "google.golang.org/genai", "gopkg.in/dnaeon/go-vcr.v4",
}

// versions are those that the programs were built with.
func (b *bench) versions() (string, error) {
	var found []string
	for _, name := range []string{"floor", "others", "official", "frameworks", "fantasy", "govcr", "govcr@4.0.7"} {
		out, err := exec.Command("go", "version", "-m", b.files[name]).Output()
		if err != nil {
			return "", err
		}
		for line := range strings.Lines(string(out)) {
			if f := strings.Fields(line); len(f) > 2 && f[0] == "dep" && slices.Contains(measured, f[1]) {
				v := f[1] + " " + f[2]
				if f[1] != "charm.land/fantasy" && name == "fantasy" {
					v += " (in fantasy)"
				}
				if !slices.Contains(found, v) {
					found = append(found, v)
				}
			}
		}
	}
	return strings.Join(found, ", "), nil
}
