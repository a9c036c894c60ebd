package gemini

import "github.com/repriselabs/reprise"

var _ reprise.OutputModer = (*Model)(nil)

// OutputMode says how a model is asked for JSON of a schema: those before
// Gemini 3 refuse a schema beside tools ("function calling with a response
// mime type is unsupported"), and functions beside tools of the provider's own.
func (m *Model) OutputMode(req *reprise.Request) reprise.OutputMode {
	if n := generation(m.model(req)); len(req.Tools) == 0 || n != 1 && n != 2 {
		return reprise.OutputSchema
	}
	for _, t := range req.Tools {
		if t.Provider != "" {
			return reprise.OutputText
		}
	}
	return reprise.OutputTool
}
