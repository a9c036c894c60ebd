package cassette

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// The file as the YAML library reads it. Values are read as go-vcr reads
// them: unknown keys are ignored, missing ones are zero.
type yamlFile struct {
	Interactions []*yamlInteraction `yaml:"interactions"`
}

type yamlInteraction struct {
	ID         int           `yaml:"id"`
	Started    string        `yaml:"started"`
	Outcome    string        `yaml:"outcome"`
	Error      string        `yaml:"error"`
	Lane       string        `yaml:"lane"`
	Supersedes []int         `yaml:"supersedes"`
	Request    *Request      `yaml:"request"`
	Response   *yamlResponse `yaml:"response"`
	Unfinished *struct {
		Request  *Request      `yaml:"request"`
		Response *yamlResponse `yaml:"response"`
	} `yaml:"unfinished"`
	Effect *Effect `yaml:"effect"`
}

type yamlResponse struct {
	Response `yaml:",inline"`
	Chunks   string `yaml:"chunks"`
}

// readYAML reads any YAML that go-vcr reads.
func readYAML(data []byte) (*Recording, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("the file is empty; record it again, or remove it")
	}
	if len(data) > maxYAML {
		return nil, fmt.Errorf("the file is not as go-vcr writes it, and larger than %d MB", maxYAML>>20)
	}
	// What follows the end of the document is an item that is being added.
	end := bytes.Index(data, []byte("\n...\n"))
	if end < 0 {
		end = bytes.Index(data, []byte("\n...\r\n"))
	}
	if end >= 0 {
		data = data[:end+1]
	}
	if err := checkVersion(data); err != nil {
		return nil, err
	}
	var file yamlFile
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, explainYAML(err)
	}
	rec := &Recording{Version: Version, Comment: headComment(data), Interrupted: end >= 0}
	if len(file.Interactions) > 0 {
		rec.Interactions = make([]Interaction, len(file.Interactions))
	}
	for n, item := range file.Interactions {
		if item == nil {
			return nil, fmt.Errorf("interactions[%d] is empty; the file may have been cut short", n)
		}
		if err := item.into(&rec.Interactions[n]); err != nil {
			return nil, fmt.Errorf("interactions[%d] (id %d): %w", n, item.ID, err)
		}
	}
	return rec, nil
}

func checkVersion(data []byte) error {
	var head struct{ Version any }
	if err := yaml.Unmarshal(data, &head); err != nil {
		return explainYAML(err)
	}
	switch fmt.Sprint(head.Version) {
	case "2":
		return nil
	case "<nil>":
		return errors.New("there is no version key: this is not a cassette of go-vcr's format")
	}
	return fmt.Errorf("%w: found version %v, only version %d can be read; record it again", ErrVersion, head.Version, Version)
}

func explainYAML(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	return fmt.Errorf("this is not a whole YAML file: %s; if it was cut short, take it from version control or record it again", text)
}

// headComment returns the comment lines before the first key.
func headComment(data []byte) string {
	var comment []string
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "#"):
			comment = append(comment, string(commentText([]byte(strings.Map(printable, line)))))
		case line != "---":
			return strings.Join(comment, "\n")
		}
	}
	return strings.Join(comment, "\n")
}

func (y *yamlInteraction) into(i *Interaction) (err error) {
	i.ID, i.Outcome, i.Error, i.Lane, i.Effect = y.ID, Outcome(y.Outcome), y.Error, y.Lane, y.Effect
	if len(y.Supersedes) > 0 {
		i.Supersedes = y.Supersedes
	}
	if y.Started != "" {
		if i.Started, err = time.Parse(time.RFC3339Nano, y.Started); err != nil {
			return fmt.Errorf("started: %q is not a time", y.Started)
		}
	}
	request, response := y.Request, y.Response
	if y.Unfinished != nil {
		request, response = y.Unfinished.Request, y.Unfinished.Response
	}
	if y.Unfinished != nil && (i.Outcome == Complete || i.Effect != nil) {
		return errors.New("unfinished needs an outcome and no effect")
	}
	if request != nil {
		i.Request = *request
	}
	if response != nil {
		i.Response = response.Response
		if response.Chunks != "" {
			if i.Response.Chunks, err = parseChunks(response.Chunks); err != nil {
				return err
			}
		}
	}
	tidy(&i.Request.TransferEncoding, headerAt(&i.Request.Trailer), headerAt(&i.Request.Header), formAt(&i.Request.Form))
	tidy(&i.Response.TransferEncoding, headerAt(&i.Response.Trailer), headerAt(&i.Response.Header))
	switch {
	case i.Effect != nil:
		i.Request, i.Response = Request{}, Response{}
	case request == nil || response == nil || !i.complete():
		return errors.New("it has no whole request and response; the file may have been cut short")
	}
	return nil
}

// tidy makes what is empty nil, and lists in headers not nil.
func tidy(list *[]string, headers ...*map[string][]string) {
	if len(*list) == 0 {
		*list = nil
	}
	for _, h := range headers {
		if len(*h) == 0 {
			*h = nil
		}
		for key, values := range *h {
			if values == nil {
				(*h)[key] = []string{}
			}
		}
	}
}

// complete reports whether the interaction has what one of its kind must have.
func (i *Interaction) complete() bool {
	switch {
	case i.Effect != nil:
		return i.Effect.Name != ""
	case i.hollow():
		return true
	case i.Outcome == Complete:
		return i.Request.URL != "" && i.Response.Code >= 100 && i.Response.Code <= 999
	}
	return i.Request.URL != ""
}
