package openai

import (
	"cmp"
	"encoding/base64"
	"strings"

	"github.com/repriselabs/reprise"
	"github.com/repriselabs/reprise/internal/wire"
)

// calling is a call that is being written.
type calling struct {
	kind     *callKind
	own      echo
	isOwn    bool // there was an Echo
	id, name string
	empty    bool // nothing of the arguments was written
}

func (c *calling) item(id, args string) []byte {
	skip := append([]string{"call_id", "name", c.kind.text}, c.kind.members...)
	return itemOf(c.kind.item, id, c.own.Item, func(e *wire.Encoder) {
		c.kind.writeArgs(e, args)
		e.Field("call_id", c.id)
		if c.kind.name == "" {
			e.Field("name", c.name)
		}
	}, skip...)
}

// streams reports whether the arguments come in deltas: those of functions do.
func (k *callKind) streams() bool { return k.item == "function_call" }

// carries reports whether arguments have the form that this kind has.
func (k *callKind) carries(args string) bool {
	if k.wrapped {
		_, ok := k.unwrap(args)
		return ok
	}
	return k.text != "" || isWholeObject([]byte(args)) && onlyHas([]byte(args), k.members...)
}

func (a *writer) args(ev reprise.ArgsDelta) error {
	if a.begin(ev.Part) {
		if err := a.endMessage(); err != nil {
			return err
		}
		known, _ := a.known(ev.Part).(reprise.ToolCall)
		own, isOwn := unpack(a.Dialect, known.Echo)
		e := encoder{dialect: a.Dialect}
		a.calls = true
		a.call = &calling{kind: e.called(known).kind, own: own, isOwn: isOwn, name: ev.Name, empty: true}
		a.call.id = cmp.Or(ev.ID, a.makeID("call"))
		if a.call.kind.streams() {
			if err := a.openCall(); err != nil {
				return err
			}
		}
	}
	if !a.call.kind.streams() {
		return nil
	}
	return a.sendArgs(ev.Args)
}

// openCall begins the item of a call whose arguments come in deltas.
func (a *writer) openCall() error {
	return a.open(a.call.item(a.idOf(a.call.own.Item, "fc"), ""))
}

func (a *writer) sendArgs(args string) error {
	if args == "" {
		return nil
	}
	a.call.empty = false
	return a.tell("function_call_arguments.delta", func() { a.Field("delta", args) })
}

func (a *writer) callDone(part int, c reprise.ToolCall) error {
	call := a.call
	switch own, isOwn := unpack(a.Dialect, c.Echo); {
	case !isOwn:
		a.DroppedEcho(c.Echo, "tool call")
	case !call.isOwn:
		a.untold(part, "tool call")
	default:
		call.own = own
	}
	if call.kind.streams() {
		return a.endCall(c.Args)
	}
	if call.kind.carries(c.Args) {
		return a.put(call.item(a.idOf(call.own.Item, "fc"), c.Args))
	}
	a.Warn(reprise.WarnData, "the arguments of the call %q are none of a %s: it was sent as a call of the function %s", c.ID, call.kind.item, c.Name)
	call.kind = &callKinds[0]
	if err := a.openCall(); err != nil {
		return err
	}
	if err := a.sendArgs(c.Args); err != nil {
		return err
	}
	return a.endCall(c.Args)
}

// endCall ends a call whose arguments came in deltas. No arguments are an
// empty object, which every client can read.
func (a *writer) endCall(args string) error {
	if a.call.empty {
		args = "{}"
		if err := a.sendArgs(args); err != nil {
			return err
		}
	}
	if err := a.tell("function_call_arguments.done", func() { a.Field("arguments", args) }); err != nil {
		return err
	}
	return a.close(a.call.item(a.item, args))
}

// mediaDone writes an image as one that the provider generated.
func (a *writer) mediaDone(m reprise.Media) error {
	kind, format, _ := strings.Cut(m.Type, "/")
	if kind != "image" || len(m.Data) == 0 {
		a.Dropped("a file of type %q in an answer: the API carries only images that were generated", m.Type)
		return nil
	}
	own, isOwn := unpack(a.Dialect, m.Echo)
	if isOwn = isOwn && typeOf(own.Item) == "image_generation_call"; !isOwn {
		a.DroppedEcho(m.Echo, "image")
		own = echo{}
	}
	id := a.idOf(own.Item, "ig")
	return a.put(itemOf("image_generation_call", id, own.Item, func(e *wire.Encoder) {
		if !isOwn {
			e.Field("output_format", strings.TrimSuffix(format, "+xml"))
		}
		e.Field("result", base64.StdEncoding.EncodeToString(m.Data))
	}, "result"))
}

// opaqueDone writes a block of this API as it is.
func (a *writer) opaqueDone(o reprise.Opaque) error {
	switch {
	case !a.Dialect.owns(o.Provider):
		a.Dropped("a %s block of %s in an answer", o.Kind, o.Provider)
		return nil
	case !isWholeObject(o.Data):
		a.Warn(reprise.WarnData, "a %s block is no JSON object", o.Kind)
		return nil
	}
	return a.put(onOneLine(o.Data))
}
