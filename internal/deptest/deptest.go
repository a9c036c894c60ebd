// Package deptest holds the test that keeps the arrows between the packages,
// and what they may depend on.
package deptest
