// Package seal closes the set of agent events: only packages of this module
// can name Agent, so only they can implement agent.Event.
package seal

// Agent is the argument of the marker method of agent.Event. It holds nothing.
type Agent struct{}
