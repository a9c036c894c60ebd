package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/repriselabs/reprise"
)

// Cost reads what a provider says it billed, in units of 10^exp dollars: a
// number, or one in a string, or an object with its total_cost; nil if it is
// no amount.
func Cost(raw []byte, exp int) *reprise.USD {
	if len(raw) > 0 && raw[0] == '{' {
		var object struct {
			Total json.RawMessage `json:"total_cost"`
		}
		_ = json.Unmarshal(raw, &object) // without a total it is no amount
		raw = object.Total
	}
	number := strings.Trim(string(raw), `"`)
	if exp != 0 {
		number += "e" + strconv.Itoa(exp)
	}
	usd, err := reprise.ParseUSD(number)
	if err != nil {
		return nil
	}
	return &usd
}

// InUnits is an amount as a decimal number of 10^exp dollars.
func InUnits(usd reprise.USD, exp int) string {
	digits := 12 + exp // behind the point
	if digits <= 0 {
		return fmt.Sprintf("%se%d", usd, -exp)
	}
	n := big.NewRat(int64(usd), int64(math.Pow10(digits))).FloatString(digits)
	return strings.TrimSuffix(strings.TrimRight(n, "0"), ".")
}
