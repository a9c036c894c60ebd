package kept

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStrings(t *testing.T) {
	var wrote []string
	write := func(s string) string {
		wrote = append(wrote, s)
		return strings.ToUpper(s)
	}
	var k Strings
	for _, request := range []string{"abc", "aa", "ab", "bc"} {
		k.Begin()
		for _, s := range strings.Split(request, "") {
			if got := k.Get(s, write); got != strings.ToUpper(s) {
				t.Errorf("%s is written as %s", s, got)
			}
		}
	}
	if d := cmp.Diff([]string{"a", "b", "c", "b", "c"}, wrote); d != "" { // those that were not in the second were forgotten
		t.Errorf("written (-want +got):\n%s", d)
	}
}

func TestContext(t *testing.T) {
	k := new(Strings)
	if From(context.Background()) != nil || From(With(context.Background(), k)) != k {
		t.Error("a context does not hold what it was given")
	}
}
