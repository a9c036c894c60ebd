package reprise

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Usage counts the tokens of an answer, or of several, with one meaning for
// every provider: Input includes what was read from and written to the cache,
// Output includes reasoning.
type Usage struct {
	Input      int64  `json:"input"`
	Output     int64  `json:"output"`
	Reasoning  *int64 `json:"reasoning"` // nil: not reported
	CacheRead  int64  `json:"cache_read"`
	CacheWrite int64  `json:"cache_write"`
	// CacheWrite1h is the part of CacheWrite that is kept for an hour, where
	// the provider tells and bills it apart.
	CacheWrite1h int64 `json:"cache_write_1h,omitempty"`
}

// Total is input and output.
func (u Usage) Total() int64 { return u.Input + u.Output }

// Add returns the sum. Its reasoning is unknown only where both are.
func (u Usage) Add(v Usage) Usage {
	sum := Usage{
		Input: u.Input + v.Input, Output: u.Output + v.Output, Reasoning: u.Reasoning,
		CacheRead: u.CacheRead + v.CacheRead, CacheWrite: u.CacheWrite + v.CacheWrite,
		CacheWrite1h: u.CacheWrite1h + v.CacheWrite1h,
	}
	switch {
	case u.Reasoning == nil:
		sum.Reasoning = v.Reasoning
	case v.Reasoning != nil:
		n := *u.Reasoning + *v.Reasoning
		sum.Reasoning = &n
	}
	return sum
}

// USD is an amount of money in units of 10⁻¹² US dollars. It is exact, and
// its range is ±9.2 million dollars. As text and in JSON it is a decimal
// number ("0.00071502"), in JSON as a string.
type USD int64

// The units of [USD].
const usdDigits = 12

// ParseUSD reads a decimal number such as 0.00071502 or 7.1502e-4. What is
// finer than 10⁻¹² dollars is rounded, half away from zero.
func ParseUSD(s string) (USD, error) {
	digits, exp, ok := decimal(s)
	if !ok {
		return 0, fmt.Errorf("%q is not an amount of money", s)
	}
	shift := exp + usdDigits
	neg := strings.HasPrefix(digits, "-")
	digits = strings.TrimPrefix(digits, "-")
	half := false
	switch {
	case shift > 0:
		if strings.Trim(digits, "0") == "" {
			return 0, nil
		}
		if shift > 40 {
			return 0, fmt.Errorf("%q dollars are too many", s)
		}
		digits += strings.Repeat("0", shift)
	case -shift > len(digits):
		return 0, nil
	case shift < 0:
		cut := len(digits) + shift
		half = digits[cut] >= '5'
		digits = digits[:cut]
	}
	n, err := strconv.ParseInt("0"+digits, 10, 64)
	if err != nil || n == math.MaxInt64 {
		return 0, fmt.Errorf("%q dollars are too many", s)
	}
	if half {
		n++
	}
	if neg {
		n = -n
	}
	return USD(n), nil
}

// decimal splits a number as JSON writes it into its digits (with any minus
// sign) and the power of ten that they are multiplied by.
func decimal(s string) (digits string, exp int, ok bool) {
	if !json.Valid([]byte(s)) || strings.Trim(s, "-0123456789.eE+") != "" {
		return "", 0, false
	}
	mantissa, e, _ := strings.Cut(strings.ToLower(s), "e")
	if e != "" {
		var err error
		if exp, err = strconv.Atoi(e); err != nil || exp > 1000 || exp < -1000 {
			return "", 0, false
		}
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	return whole + frac, exp - len(frac), true
}

// String returns the amount as a decimal number without trailing zeros.
func (d USD) String() string {
	sign, n := "", uint64(d)
	if d < 0 {
		sign, n = "-", -n
	}
	s := fmt.Sprintf("%0*d", usdDigits+1, n)
	whole, frac := s[:len(s)-usdDigits], strings.TrimRight(s[len(s)-usdDigits:], "0")
	if frac == "" {
		return sign + whole
	}
	return sign + whole + "." + frac
}

// MarshalText returns the decimal number.
func (d USD) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads a decimal number, as a string or as a number. null
// changes nothing.
func (d *USD) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	n, err := ParseUSD(string(bytes.Trim(b, `"`)))
	if err != nil {
		return err
	}
	*d = n
	return nil
}
