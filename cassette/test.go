package cassette

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// TB is what [Test] needs of a *testing.T. Package testing itself must not
// come into programs.
type TB interface {
	Helper()
	Name() string
	Cleanup(func())
	Failed() bool
	Skipped() bool
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Test returns the cassette of the test: testdata/<name of the test>.yaml,
// a subtest's in a folder named by its test. It replays, also where the file
// is missing, which fails the request; REPRISE_RECORD=1 records the file
// anew, and REPRISE_RECORD=append asks only what is not there. At the end of
// the test it is closed, and a recorded exchange that the test did not ask
// for fails it, unless it was skipped.
func Test(t TB) *Cassette {
	t.Helper()
	c := &Cassette{
		File:     filepath.Join("testdata", testFile(t.Name())),
		Rerecord: "run REPRISE_RECORD=1 go test -run '^" + strings.ReplaceAll(regexp.QuoteMeta(t.Name()), "/", "$/^") + "$'",
	}
	switch mode := os.Getenv("REPRISE_RECORD"); mode {
	case "", "0":
	case "1":
		c.Mode = Record
	case "append":
		c.Mode = Append
	default:
		t.Fatalf("REPRISE_RECORD is %q; it can be 1, append or empty", mode)
	}
	t.Cleanup(func() {
		err := c.Close()
		switch {
		case err == nil:
		case t.Failed() || t.Skipped():
			t.Logf("%v", err) // a consequence, most likely
		default:
			t.Errorf("%v", err)
		}
	})
	return c
}

// testFile returns a name that every file system takes, and that is apart
// from that of other tests.
func testFile(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r == '/' || r == '-' || r == '_' || r == '=' || r == '+' || r == ',' || r == '@',
			r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r > '~':
			b.WriteRune(r)
		default:
			b.WriteString("%" + string(hexDigits[r>>4&15]) + string(hexDigits[r&15]))
		}
	}
	return filepath.FromSlash(strings.ReplaceAll(b.String(), "//", "/%2F")) + ".yaml"
}
