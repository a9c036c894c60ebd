package gemini

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// jsonSchema turns a schema in the API's own form, which is that of OpenAPI
// 3.0 with types in capitals, into a JSON Schema.
// https://ai.google.dev/api/caching#Schema
func jsonSchema(raw json.RawMessage) json.RawMessage { return jsonSchemaTo(raw, maxSchema) }

// maxSchema bounds how deep a schema is turned.
const maxSchema = 64

func jsonSchemaTo(raw json.RawMessage, depth int) json.RawMessage {
	fields, err := object(raw)
	if err != nil || depth == 0 {
		return raw // it is wrong, but not ours to judge
	}
	var kind string
	if json.Unmarshal(fields["type"], &kind) == nil {
		kind = strings.ToLower(kind)
		delete(fields, "type")
		var nullable bool
		take(fields, "nullable", &nullable)
		switch {
		case kind == "" || kind == "type_unspecified":
		case nullable:
			fields["type"] = json.RawMessage(`["` + kind + `","null"]`)
		default:
			fields["type"] = json.RawMessage(`"` + kind + `"`)
		}
	}
	for _, name := range []string{"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"} {
		var n json.Number // these are 64 bits wide, which the API writes as text
		if json.Unmarshal(fields[name], &n) == nil && n != "" {
			fields[name] = json.RawMessage(n)
		}
	}
	if items := fields["items"]; items != nil {
		fields["items"] = jsonSchemaTo(items, depth-1)
	}
	var list []json.RawMessage
	if json.Unmarshal(fields["anyOf"], &list) == nil && list != nil {
		for i := range list {
			list[i] = jsonSchemaTo(list[i], depth-1)
		}
		fields["anyOf"] = encoded(list)
	}
	var properties map[string]json.RawMessage
	if json.Unmarshal(fields["properties"], &properties) == nil && properties != nil {
		for name, p := range properties {
			properties[name] = jsonSchemaTo(p, depth-1)
		}
		fields["properties"] = encoded(properties)
	}
	return encoded(fields)
}

// encoded encodes what was made of valid JSON.
func encoded(v any) json.RawMessage {
	b, err := marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return b
}

func sortedKeys(m map[string]json.RawMessage) []string { return slices.Sorted(maps.Keys(m)) }
