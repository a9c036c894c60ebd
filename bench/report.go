package main

import (
	"bufio"
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
)

//go:embed performance.md.tmpl
var reportText string

// write writes the report.
func (b *bench) write(tables []table, streams, sizes [][]string, began time.Time) error {
	versions, err := b.versions()
	if err != nil {
		return err
	}
	t, err := template.New("report").Funcs(template.FuncMap{
		// table is that of a work, over loopback or in memory.
		"table": func(name string, loopback bool) (string, error) {
			for _, t := range tables {
				if t.name == name && t.loopback == loopback {
					return markdown(t.rows()), nil
				}
			}
			return "", fmt.Errorf("no work %q", name)
		},
		// times is how many times faster than a peer this project is.
		"times": func(name string, loopback bool, peer string) (string, error) {
			for _, t := range tables {
				if t.name == name && t.loopback == loopback {
					r := t.ratio(peer, "reprise", wall)
					return fmt.Sprintf("%s (%s-%s)", number(r.mid), number(r.low), number(r.high)), nil
				}
			}
			return "", fmt.Errorf("no work %q", name)
		},
	}).Parse(reportText)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	err = t.Execute(&out, map[string]any{
		"Date": began.UTC().Format("2 January 2006"), "Took": time.Since(began).Round(time.Minute),
		"Machine": machine(), "Go": runtime.Version(), "Rounds": b.rounds, "For": b.long,
		"Versions": versions, "Load": strings.Join(b.load, " at the begin and ") + " at the end", "Streams": markdown(streams), "Sizes": markdown(sizes),
	})
	if err != nil {
		return err
	}
	return os.WriteFile(b.report, out.Bytes(), 0o644)
}

// loadAverage is how many programs wanted a core over the last minute.
func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}

func machine() string {
	model := "an unknown processor"
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			if name, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s/%s", model, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
}

// measured are the modules whose versions the report names.
var measured = []string{
	"charm.land/fantasy", "github.com/openai/openai-go/v3", "github.com/sashabaranov/go-openai",
	"github.com/go-json-experiment/json", "github.com/anthropics/anthropic-sdk-go", "google.golang.org/genai", "gopkg.in/dnaeon/go-vcr.v4",
}

// versions are those that the programs were built with.
func (b *bench) versions() (string, error) {
	var found []string
	for _, name := range []string{"floor", "others", "official", "fantasy", "govcr406", "govcr407"} {
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
				found = append(found, v)
			}
		}
	}
	return strings.Join(slices.Compact(found), ", "), nil
}
