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
func (b *bench) write(r report, did outcome, began time.Time) error {
	versions, err := b.versions()
	if err != nil {
		return err
	}
	text, err := r.render(map[string]any{
		"Date": began.UTC().Format("2 January 2006"), "Took": fmt.Sprintf("%.0f minutes", time.Since(began).Minutes()),
		"Machine": machine(), "Go": runtime.Version(), "Rounds": b.rounds, "For": b.long,
		"Versions": versions, "Load": strings.Join(b.load, " at the begin and ") + " at the end",
		"Others": fmt.Sprintf("%.0f%%", 100*b.others), "Recording": markdown(did.recording),
		"Npm": strings.Join(packages[:2], ", ") + " (Node " + did.node + ")", "Absent": did.absent,
	})
	if err != nil {
		return err
	}
	return os.WriteFile(b.reportFile, text, 0o644)
}

// report is what the report's text asks for by name.
type report struct {
	tables   []table
	programs []program
	cassette int64 // bytes of the largest cassette's file
}

func (b *bench) report(did outcome) (report, error) {
	r := report{tables: slices.Concat(did.tables, did.slow), programs: did.programs}
	file, err := peer.CassetteFile(b.dir, largest)
	if err != nil {
		return r, err
	}
	info, err := os.Stat(file)
	if err == nil {
		r.cassette = info.Size()
	}
	return r, err
}

// render writes the text with its tables, and what else it asks for.
func (r report) render(values map[string]any) ([]byte, error) {
	t, err := template.New("report").Option("missingkey=error").Funcs(template.FuncMap{
		"targets": r.targets, "table": r.table, "together": r.together, "sizes": r.sizes, "programs": r.minimal,
		"times": r.times, "growth": r.growth,
	}).Parse(reportText)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, values)
	return out.Bytes(), err
}

func (r report) find(name string, loopback bool) (*table, error) {
	for i := range r.tables {
		if t := &r.tables[i]; t.name == name && t.loopback == loopback {
			return t, nil
		}
	}
	return nil, fmt.Errorf("no work %q", name)
}

// minimal is the table of minimal programs.
func (r report) minimal() string { return markdown(sizeRows(r.programs)) }

// table is that of a work, over loopback or in memory.
func (r report) table(name string, loopback bool) (string, error) {
	t, err := r.find(name, loopback)
	if err != nil {
		return "", err
	}
	return markdown(t.rows(t.columns(t))), nil
}

// together is one table of works over loopback that differ in size, with a
// column that says which size a row is of.
func (r report) together(heading string, names ...string) (string, error) {
	return r.join(heading, true, names, func(t *table) []column { return t.columns(t) })
}

// sizes is together for works in memory, with what a unit takes of the CPU
// beside one of the smallest in place of its ratio to others.
func (r report) sizes(heading string, names ...string) (string, error) {
	_, smallest := peer.Split(names[0])
	alone := true
	for _, name := range names {
		t, err := r.find(name, false)
		if err != nil {
			return "", err
		}
		alone = alone && len(t.peers) == 1
	}
	return r.join(heading, false, names, func(t *table) []column {
		columns := t.columns(t)
		columns[3] = column{"CPU, × at " + count(smallest), func(peer string) string {
			s, err := r.growth(peer, names[0], t.name)
			if err != nil {
				return err.Error()
			}
			return s.String()
		}}
		if alone { // there is no other to be compared with
			columns = slices.Delete(columns, 1, 2)
		}
		return columns
	})
}

func (r report) join(heading string, loopback bool, names []string, columns func(*table) []column) (string, error) {
	var rows [][]string
	for i, name := range names {
		t, err := r.find(name, loopback)
		if err != nil {
			return "", err
		}
		_, n := peer.Split(name)
		size := column{heading, func(string) string { return count(n) }}
		more := t.rows(slices.Insert(columns(t), 0, size))
		rows = append(rows, more[min(i, 1):]...) // one heading
	}
	return markdown(rows), nil
}

// times is how many times faster than a peer this project is.
func (r report) times(name string, loopback bool, than string) (spread, error) {
	return ratioOf(name, loopback, than, "reprise", wall)(r)
}

// growth is how many times more CPU a unit takes a peer in a larger work than
// in a smaller one, both in memory.
func (r report) growth(peer, small, large string) (spread, error) {
	s, err := r.find(small, false)
	if err != nil {
		return spread{}, err
	}
	l, err := r.find(large, false)
	if err != nil {
		return spread{}, err
	}
	return ratios(l.figures(peer, cpu), s.figures(peer, cpu)), nil
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
