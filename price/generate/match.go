package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// alternatives turns a match into the table's patterns, of which one must
// hold. A pattern is one or more terms joined by " & ": an id, in which a
// leading or trailing * stands for anything; /a regular expression/; or !
// and one that must not hold.
func alternatives(m sourceMatch) ([]string, error) {
	if m.Or == nil {
		p, err := pattern(m)
		return []string{p}, err
	}
	var all []string
	for _, o := range m.Or {
		ps, err := alternatives(o)
		if err != nil {
			return nil, err
		}
		for _, p := range ps {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all, nil
}

func pattern(m sourceMatch) (string, error) {
	if m.And != nil {
		var terms []string
		for _, a := range m.And {
			t, err := pattern(a)
			if err != nil {
				return "", err
			}
			terms = append(terms, t)
		}
		return strings.Join(terms, " & "), nil
	}
	if m.Regex != "" {
		return expression(m.Regex)
	}
	id, before, after := m.Equals, "", ""
	switch {
	case m.StartsWith != "":
		id, after = m.StartsWith, "*"
	case m.EndsWith != "":
		id, before = m.EndsWith, "*"
	case m.Contains != "":
		id, before, after = m.Contains, "*", "*"
	}
	if id == "" || strings.ContainsAny(id, "*& ") || strings.ContainsAny(id[:1], "/!") {
		return "", fmt.Errorf("cannot say the pattern of %+v", m)
	}
	return before + strings.ToLower(id) + after, nil
}

// expression writes a JavaScript regular expression, as far as Go has what it
// uses, and ^(?!…) as !/^…/.
func expression(re string) (string, error) {
	not := ""
	if rest, ok := strings.CutPrefix(re, "^(?!"); ok && strings.HasSuffix(rest, ")") {
		not, re = "!", "^(?:"+rest
	}
	if _, err := regexp.Compile(re); err != nil || strings.Contains(re, " & ") {
		return "", fmt.Errorf("cannot say /%s/: %v", re, err)
	}
	return not + "/" + re + "/", nil
}
