// Package doccheck holds the test that keeps the documents true.
package doccheck
