// Package mcp gives the tools of a server of the Model Context Protocol to an
// agent, as values of [reprise.Tool].
//
// A [Server] is a program that is started and talked to over its standard
// input and output, or a URL (streamable HTTP). Nothing happens before its
// first use: [Server.Tools] connects, asks for the list and returns it sorted
// by name. The protocol itself is that of the official Go SDK,
// github.com/modelcontextprotocol/go-sdk.
//
// # Recording
//
// What a tool of a server did is recorded like that of any other tool: by the
// Journal of an agent, which a *cassette.Cassette is. With the same cassette
// as the [Server]'s Journal the list of tools is recorded too, and a run that
// is all recorded needs no server: none is started, whatever the transport.
// That is so in the cassette's mode Append, and in Replay with its field
// Effects set to Recorded. Replay with live effects, the default, asks the
// server for the list and runs the tools that may run again, so that they are
// tested.
//
// Over HTTP the exchanges themselves can be recorded instead, by a [Server]
// whose Client is that of a cassette. The ids of the protocol's requests are
// made from what they ask for, so that calls may come in any order when they
// are replayed. A recorded session does not go on live: use the Journal where
// a cassette is in mode Append.
//
// # Effects
//
// A server may say what its tools do. That decides the tools'
// [reprise.Policy]: a read-only tool is [reprise.EffectPure], an idempotent
// one [reprise.EffectIdempotent]. Any other is [reprise.EffectOnce], also one
// of which nothing is said, as the protocol has it: it may do harm when it
// runs again. A [reprise.PolicyTool] around a tool says otherwise. All of this
// is the server's word; who does not trust it asks a person first, by the
// Approval of an agent.
package mcp
