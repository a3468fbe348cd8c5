package dynamocat

import "strconv"

// value is an attribute: one of its members is there
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html).
// DynamoDB has further types, which nothing here writes.
type value struct {
	S    *string    `json:",omitzero"`
	N    string     `json:",omitzero"`
	B    []byte     `json:",omitzero"`
	BOOL *bool      `json:",omitzero"`
	L    []value    `json:",omitzero"`
	M    attributes `json:",omitzero"`
}

// attributes are those of a row, or of a map in one.
type attributes map[string]value

func text(s string) value { return value{S: &s} }

func number(n int64) value { return value{N: strconv.FormatInt(n, 10)} }

func flag(b bool) value { return value{BOOL: &b} }

// textOf is a text, "" if the attribute is not there or something else.
func textOf(v value) string {
	if v.S == nil {
		return ""
	}
	return *v.S
}

// numberOf is a number, 0 if the attribute is not there or something else.
func numberOf(v value) int64 {
	i, _ := strconv.ParseInt(v.N, 10, 64)
	return i
}

// flagOf is false if the attribute is not there or something else.
func flagOf(v value) bool { return v.BOOL != nil && *v.BOOL }
