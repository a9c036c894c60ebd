package wire

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/repriselabs/reprise"
)

// InUnits is an amount as a decimal number of 10^exp dollars.
func InUnits(usd reprise.USD, exp int) string {
	digits := 12 + exp // behind the point
	if digits <= 0 {
		return fmt.Sprintf("%se%d", usd, -exp)
	}
	n := big.NewRat(int64(usd), int64(math.Pow10(digits))).FloatString(digits)
	return strings.TrimSuffix(strings.TrimRight(n, "0"), ".")
}
