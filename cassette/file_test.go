package cassette

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// samples returns the seed and, when REPRISE_CASSETTES names a folder, every
// cassette in it.
func samples(t testing.TB) []string {
	files := []string{"testdata/seed.yaml"}
	if dir := os.Getenv("REPRISE_CASSETTES"); dir != "" {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if strings.HasSuffix(path, ".yaml") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestReadersAgree(t *testing.T) {
	for _, file := range samples(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := readPlain(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: the plain reader gave up: %v", file, err)
			continue
		}
		full, err := readYAML(data)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(full, plain); d != "" {
			t.Errorf("%s (-yaml +plain):\n%s", file, d)
		}
		var buf bytes.Buffer
		if _, err := plain.WriteTo(&buf); err != nil {
			t.Fatal(err)
		}
		if file == "testdata/seed.yaml" && !bytes.Equal(buf.Bytes(), data) {
			t.Errorf("the seed is written with other bytes than it has:\n%s", cmp.Diff(string(data), buf.String()))
		}
		again, err := readYAML(buf.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(full, again); d != "" {
			t.Errorf("%s changed by saving (-before +after):\n%s", file, d)
		}
	}
}
