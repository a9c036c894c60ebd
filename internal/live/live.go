// Package live holds the tests against a real server.
package live
