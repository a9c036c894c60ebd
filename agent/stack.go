package agent

// deepen makes room on the stack of a goroutine that has just begun. A tool
// goes deep to decode its arguments: without this its stack would be copied to
// a larger one twice on the way, with all that is on it by then.
//
//go:noinline
func deepen(at int) byte {
	var room [4 << 10]byte
	return room[at] // at is not known here, so room is made
}
