package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/repriselabs/reprise/bench/peer"
)

// A process is a program that runs and takes orders.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// build builds a program of a module and returns its file. A module may have
// a version behind an @: then versions are those of the file version.mod, which
// stands in for the module's go.mod.
func build(dir, module, pkg string) (string, error) {
	file := filepath.Join(dir, filepath.Base(module)+"-"+filepath.Base(pkg)+".exe")
	args := []string{"build", "-o", file}
	folder, version, ok := strings.Cut(module, "@")
	if ok {
		args = append(args, "-modfile="+version+".mod")
	}
	cmd := exec.Command("go", append(args, pkg)...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s in %s does not build: %w\n%s", pkg, module, err, out)
	}
	return file, nil
}

func start(file string) (*process, error) {
	p := &process{cmd: exec.Command(file)}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return p, p.cmd.Start()
}

// line reads what a program says.
func (p *process) line() (string, error) {
	s, err := p.out.ReadString('\n')
	return strings.TrimSpace(s), err
}

// order has a measurement made.
func (p *process) order(o peer.Order) (peer.Measure, error) {
	var m peer.Measure
	if err := json.NewEncoder(p.in).Encode(o); err != nil {
		return m, err
	}
	s, err := p.line()
	if err != nil {
		return m, fmt.Errorf("%s, %s: %w", o.Peer, o.Work, err)
	}
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		return m, err
	}
	if m.Error != "" {
		return m, fmt.Errorf("%s, %s: %s", o.Peer, o.Work, m.Error)
	}
	return m, nil
}

// stop ends a program by closing its input, and waits.
func (p *process) stop() {
	p.in.Close()
	p.cmd.Wait() // it was only there to be measured
}
