package modeltest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// formats are texts of the formats that JSON Schema names.
var formats = map[string]string{
	"date-time": "2026-01-02T03:04:05Z", "date": "2026-01-02", "time": "03:04:05Z", "duration": "PT1S",
	"email": "a@example.org", "idn-email": "a@example.org", "hostname": "example.org", "idn-hostname": "example.org",
	"ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "uri": "https://example.org/", "uri-reference": "/", "iri": "https://example.org/",
	"iri-reference": "/", "uuid": "00000000-0000-4000-8000-000000000000", "json-pointer": "/a", "regex": "a", "byte": "YQ==",
}

// maxText bounds how long a text is made, and how far one is looked for.
const maxText = 1 << 16

// word makes the nth text that a schema allows.
func word(s object, nth int) (string, error) {
	least, most := bound(s, "minLength", 0), min(bound(s, "maxLength", maxText), maxText)
	if most < least {
		return "", fmt.Errorf("it is a text of %v to %v characters", least, most)
	}
	if pattern, ok := s["pattern"].(string); ok {
		return matching(pattern, int(least), int(most), nth)
	}
	format, _ := s["format"].(string)
	if s["contentEncoding"] == "base64" {
		format = "byte"
	}
	if t := formats[format]; t != "" && len(t) >= int(least) && len(t) <= int(most) {
		return t, nil
	}
	t := strings.Repeat("a", min(max(int(least), 1), int(most)))
	if nth == 0 {
		return t, nil
	}
	end := strconv.Itoa(nth)
	return t[:max(0, min(len(t), int(most)-len(end)))] + end[:min(len(end), int(most))], nil
}

// matching makes a text that a regular expression matches.
func matching(pattern string, least, most, nth int) (string, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", fmt.Errorf("the pattern %q: %w", pattern, err)
	}
	matches := regexp.MustCompile(pattern).MatchString // it was parsed
	for more := range 100 {                            // how often to repeat what can be, beyond what must be
		var b strings.Builder
		write(&b, re, more, most*utf8.UTFMax)
		text := b.String()
		n := utf8.RuneCountInString(text)
		if n > most {
			break
		}
		if n < least || !matches(text) {
			continue
		}
		if nth == 0 {
			return text, nil
		}
		nth--
	}
	return "", fmt.Errorf("nothing of %d to %d characters is found for the pattern %q", least, most, pattern)
}

// write writes what an expression matches, until that is longer than limit;
// what may be repeated, more times than it must.
func write(b *strings.Builder, re *syntax.Regexp, more, limit int) {
	times := 1
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
		return
	case syntax.OpCharClass:
		b.WriteRune(oneOf(re.Rune))
		return
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
		return
	case syntax.OpAlternate:
		write(b, re.Sub[0], more, limit)
		return
	case syntax.OpStar, syntax.OpQuest:
		times = more
		if re.Op == syntax.OpQuest {
			times = min(more, 1)
		}
	case syntax.OpPlus:
		times = 1 + more
	case syntax.OpRepeat:
		times = re.Min + more
		if re.Max >= 0 {
			times = min(times, re.Max)
		}
	}
	for range times {
		if b.Len() > limit {
			return
		}
		for _, sub := range re.Sub {
			write(b, sub, more, limit)
		}
	}
}

// oneOf is a character of a class, given as ranges: a letter or a digit, if
// there is one.
func oneOf(ranges []rune) rune {
	for _, good := range "a0A" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= good && good <= ranges[i+1] {
				return good
			}
		}
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1] > ' ' {
			return max(ranges[i], '!')
		}
	}
	if len(ranges) == 0 {
		return utf8.RuneError
	}
	return ranges[0]
}

// number makes the nth number that a schema allows: 1, or one that is near a
// bound.
func number(s object, whole bool, nth int) (json.Number, error) {
	low, high := bound(s, "minimum", math.Inf(-1)), bound(s, "maximum", math.Inf(1))
	above, below := bound(s, "exclusiveMinimum", math.Inf(-1)), bound(s, "exclusiveMaximum", math.Inf(1))
	step := bound(s, "multipleOf", 0)
	allowed := func(n float64) bool {
		return n >= low && n <= high && n > above && n < below && !math.IsInf(n, 0) &&
			(step == 0 || math.Abs(n/step-math.Round(n/step)) < 1e-9) && (!whole || n == math.Trunc(n))
	}
	apart := step
	if apart == 0 {
		apart = 1
	}
	least, most := max(low, above), min(high, below)
	near := []float64{1, least, most, (least + most) / 2}
	for _, b := range []float64{1, least, most} {
		for i := -2.0; i <= 2; i++ {
			near = append(near, (math.Round(b/apart)+i)*apart)
		}
	}
	for _, n := range near {
		if n += float64(nth) * apart; allowed(n) {
			return json.Number(strconv.FormatFloat(n, 'f', -1, 64)), nil
		}
	}
	return "", errors.New("a number that its bounds allow is not found")
}
