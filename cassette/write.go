package cassette

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// startedFormat keeps microseconds, as the chunks do.
const startedFormat = "2006-01-02T15:04:05.000000Z07:00"

// WriteTo writes the recording as a file that go-vcr v4 reads. Two recordings
// that are equal give the same bytes. One that was interrupted is written as
// Close would have: in the order in which the exchanges began.
func (r *Recording) WriteTo(w io.Writer) (int64, error) {
	var total int64
	items := inOrder(r)
	buf := appendHead(nil, r.Comment)
	if len(items) == 0 {
		buf = append(bytes.TrimSuffix(buf, []byte("\n")), " []\n"...)
	}
	for i := 0; ; i++ {
		n, err := w.Write(buf)
		total += int64(n)
		if err != nil || i == len(items) {
			return total, err
		}
		buf = appendInteraction(buf[:0], &items[i])
	}
}

func appendHead(dst []byte, comment string) []byte {
	dst = append(dst, "---\n"...)
	if comment != "" {
		for line := range strings.SplitSeq(comment, "\n") {
			dst = append(dst, strings.TrimRight("# "+strings.Map(printable, line), " ")...)
			dst = append(dst, '\n')
		}
	}
	return append(dst, "version: 2\ninteractions:\n"...)
}

// printable maps what a comment cannot hold to a space.
func printable(r rune) rune {
	if r < ' ' && r != '\t' || (r > '~' && !plainRune(r)) {
		return ' '
	}
	return r
}

// appendInteraction appends the interaction as one item of the list.
func appendInteraction(dst []byte, i *Interaction) []byte {
	dst = append(dst, "- id: "...)
	dst = strconv.AppendInt(dst, int64(i.ID), 10)
	dst = append(dst, '\n')
	if !i.Started.IsZero() {
		dst = append(dst, `  started: "`...)
		dst = i.Started.UTC().AppendFormat(dst, startedFormat)
		dst = append(dst, "\"\n"...)
	}
	if i.Outcome != Complete {
		dst = appendScalarLine(dst, 2, "outcome", string(i.Outcome))
	}
	if i.Error != "" {
		dst = appendScalarLine(dst, 2, "error", i.Error)
	}
	if i.Lane != "" {
		dst = appendScalarLine(dst, 2, "lane", i.Lane)
	}
	if len(i.Supersedes) > 0 {
		f := [1]field{{"supersedes", true, &i.Supersedes}}
		dst = appendFields(dst, 2, f[:])
	}
	request, response := i.Request.fields(), i.Response.fields()
	switch {
	case i.Effect != nil:
		effect := i.Effect.fields()
		return appendFields(append(dst, "  effect:\n"...), 4, effect[:])
	case i.Outcome != Complete:
		dst = append(dst, "  unfinished:\n    request:\n"...)
		dst = appendFields(dst, 6, request[:])
		dst = append(dst, "    response:\n"...)
		return appendFields(dst, 6, response[:])
	}
	dst = append(dst, "  request:\n"...)
	dst = appendFields(dst, 4, request[:])
	dst = append(dst, "  response:\n"...)
	return appendFields(dst, 4, response[:])
}

func appendScalarLine(dst []byte, indent int, key, value string) []byte {
	f := [1]field{{key, false, &value}}
	return appendFields(dst, indent, f[:])
}

func appendFields(dst []byte, indent int, fields []field) []byte {
	for _, f := range fields {
		if f.omit && f.zero() {
			continue
		}
		dst = append(appendSpaces(dst, indent), f.name...)
		dst = append(dst, ':')
		switch at := f.at.(type) {
		case *string:
			dst = appendString(append(dst, ' '), indent+2, *at)
		case *int:
			dst = strconv.AppendInt(append(dst, ' '), int64(*at), 10)
		case *int64:
			dst = strconv.AppendInt(append(dst, ' '), *at, 10)
		case *bool:
			dst = strconv.AppendBool(append(dst, ' '), *at)
		case *time.Duration:
			dst = append(append(dst, ' '), at.String()...)
		case *[]Chunk:
			dst = appendChunks(append(dst, ' '), *at)
		case *[]string:
			dst = appendList(dst, indent, *at)
		case *[]int:
			dst = appendInts(append(dst, ' '), *at)
		case *map[string][]string:
			dst = appendLists(dst, indent+2, *at)
		}
		if dst[len(dst)-1] != '\n' {
			dst = append(dst, '\n')
		}
	}
	return dst
}

// appendLists appends a header: sorted keys, a list of values each.
func appendLists(dst []byte, indent int, lists map[string][]string) []byte {
	if len(lists) == 0 {
		return append(dst, " {}"...)
	}
	keys := make([]string, 0, len(lists))
	for key := range lists {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	dst = append(dst, '\n')
	for _, key := range keys {
		dst = appendKey(appendSpaces(dst, indent), indent, key)
		dst = appendList(dst, indent, lists[key])
		if dst[len(dst)-1] != '\n' {
			dst = append(dst, '\n')
		}
	}
	return dst
}

func appendList(dst []byte, indent int, list []string) []byte {
	if len(list) == 0 {
		return append(dst, " []"...)
	}
	dst = append(dst, '\n')
	for _, value := range list {
		dst = append(appendSpaces(dst, indent), "- "...)
		dst = appendOneLine(dst, value, classify(value))
		dst = append(dst, '\n')
	}
	return dst
}

func appendInts(dst []byte, list []int) []byte {
	for n, i := range list {
		dst = strconv.AppendInt(append(dst, "[,"[min(n, 1)]), int64(i), 10)
	}
	return append(dst, ']')
}

func appendSpaces(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, ' ')
	}
	return dst
}
