package transcript_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/repriselabs/reprise/cassette"
	"github.com/repriselabs/reprise/transcript"
)

// TestRecordings reads every recording in the folder that REPRISE_CASSETTES
// names: each exchange is one of a known API, and whole.
func TestRecordings(t *testing.T) {
	dir := os.Getenv("REPRISE_CASSETTES")
	if dir == "" {
		t.Skip("REPRISE_CASSETTES names no folder of recordings")
	}
	found := map[string]int{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		rec, err := cassette.Load(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		doc := transcript.Of(name, rec)
		for _, ex := range doc.Exchanges {
			switch {
			case ex.API == nil:
				t.Errorf("%s, exchange %d: %s is taken for no model call", name, ex.ID, ex.URL)
				continue
			case ex.Error != nil:
				t.Errorf("%s, exchange %d: %s: %s", name, ex.ID, ex.Error.Kind, ex.Error.Message)
			case len(ex.Response.Message.Parts) == 0 || ex.Response.Reason == "" || ex.Response.Usage.Output == 0:
				t.Errorf("%s, exchange %d: the answer is %+v", name, ex.ID, ex.Response)
			case len(ex.Request.Messages) == 0 || ex.Model == "":
				t.Errorf("%s, exchange %d: the request is %+v", name, ex.ID, ex.Request)
			}
			found[*ex.API]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(found)
	if len(found) < 4 {
		t.Errorf("recordings of %d APIs, want 4", len(found))
	}
}
