package main

import (
	"fmt"
	"strings"

	"lethe/masking"
)

// showOperators tells what a policy can do to a value, and how it is told to.
func showOperators(io console) {
	tellf(io.out, "What a policy can do to a value, as in mask.fields: {shop.main.customer/phone: {partial: {keep_last: 3}}}\n")
	for _, op := range masking.Operators() {
		tellf(io.out, "\n%-11s %s\n", op.Name, op.Help)
		for _, p := range op.Params {
			tellf(io.out, "    %s: %s%s\n", p.Name, p.Help, allowed(p))
		}
	}
}

// allowed says what a parameter can be, and what it is if nobody says.
func allowed(p masking.Param) string {
	var said []string
	var some []string
	for _, v := range p.OneOf {
		if v != "" {
			some = append(some, v)
		}
	}
	if some != nil {
		said = append(said, strings.Join(some, ", "))
	}
	if p.Default != nil && p.Default != "" {
		said = append(said, fmt.Sprintf("default %v", p.Default))
	}
	if said == nil {
		return ""
	}
	return " (" + strings.Join(said, "; ") + ")"
}
