package main

import (
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"github.com/repriselabs/reprise/bench/peer"
)

// A listener is a server that is measured: a program that answers at a port
// of this machine.
type listener struct {
	cmd  *exec.Cmd
	addr string
}

// listen starts a program that is told a port, and waits until it listens.
// What it logs goes to /dev/null.
func listen(command func(port string) (*exec.Cmd, error)) (*listener, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(addr)
	cmd, err := command(port)
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	l := &listener{cmd: cmd, addr: addr}
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			return l, conn.Close()
		}
		if time.Now().After(end) {
			l.stop()
			return nil, fmt.Errorf("%q does not listen on %s", cmd.Args, addr)
		}
	}
}

// stop ends it at once.
func (l *listener) stop() {
	l.cmd.Process.Kill() // it may have ended
	l.cmd.Wait()         // it was only there to be measured
}

// cpu is what its process has used, to the nanosecond, where /proc has
// hundredths of a second.
func (l *listener) cpu() (time.Duration, error) {
	clock := ^l.cmd.Process.Pid<<3 | 2 // see clock_getcpuclockid(3)
	var t syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(int32(clock)), uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		return 0, fmt.Errorf("the CPU time of %s: %w", l.cmd.Path, errno)
	}
	return time.Duration(t.Nano()), nil
}

// memory is what its process has, in bytes.
func (l *listener) memory() (int64, error) { return peer.RSS(strconv.Itoa(l.cmd.Process.Pid)) }
