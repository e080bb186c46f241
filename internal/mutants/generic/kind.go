package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// The kinds of changes:
//
//   - a condition of if, for or a switch without a tag is negated;
//   - a comparison is swapped for its neighbour: < for <=, > for >=, == for !=, and back;
//   - && is swapped for ||, and back;
//   - a statement is dropped: a call, an assignment to what exists, a send, a receive, ++ and --,
//     defer, go, break, continue, and a return, as far as the compiler does not need it;
//   - an integer constant that bounds something is off by one: in a comparison, as an index or bound
//     of a slice, as the length that make gets, or as an argument of min and max.
//
// What would equal a mutant of another kind is left out: the negation of == is its swap, and
// of the two neighbours of a constant that an order is compared with, one equals the swap.

// swapped returns what takes the place of an operator, or ILLEGAL if nothing does.
func swapped(op token.Token) token.Token {
	switch op {
	case token.LSS:
		return token.LEQ
	case token.LEQ:
		return token.LSS
	case token.GTR:
		return token.GEQ
	case token.GEQ:
		return token.GTR
	case token.EQL:
		return token.NEQ
	case token.NEQ:
		return token.EQL
	case token.LAND:
		return token.LOR
	case token.LOR:
		return token.LAND
	}
	return token.ILLEGAL
}

// ordered reports whether an operator compares by order.
func ordered(op token.Token) bool {
	return op == token.LSS || op == token.LEQ || op == token.GTR || op == token.GEQ
}

func equality(op token.Token) bool { return op == token.EQL || op == token.NEQ }

func isNamed(t types.Type) bool {
	_, is := t.(*types.Named)
	return is
}

// step returns which neighbour of a constant on the right of op is no mutant yet: 1 or -1.
func step(op token.Token) int {
	if op == token.LSS || op == token.GEQ {
		return -1
	}
	return 1
}

// mirrored returns the operator that compares b with a as op compares a with b.
func mirrored(op token.Token) token.Token {
	switch op {
	case token.LSS:
		return token.GTR
	case token.LEQ:
		return token.GEQ
	case token.GTR:
		return token.LSS
	case token.GEQ:
		return token.LEQ
	}
	return op
}

// droppable reports whether the compiler accepts a program without a statement, as far as the
// statement alone tells. results says whether the function returns anything: then a return is none.
func droppable(s ast.Stmt, results bool) bool {
	switch s := s.(type) {
	case *ast.ExprStmt:
		call, is := s.X.(*ast.CallExpr)
		if !is {
			return true // a receive
		}
		name, _ := call.Fun.(*ast.Ident)
		return name == nil || name.Name != "panic"
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			return false
		}
		for _, left := range s.Lhs {
			if name, is := left.(*ast.Ident); !is || name.Name != "_" {
				return true
			}
		}
	case *ast.IncDecStmt, *ast.SendStmt, *ast.DeferStmt, *ast.GoStmt:
		return true
	case *ast.BranchStmt:
		return s.Tok == token.BREAK || s.Tok == token.CONTINUE
	case *ast.ReturnStmt:
		return !results && len(s.Results) == 0
	}
	return false
}

// clauses returns the bodies of the clauses of a switch or select.
func clauses(s ast.Stmt) (bodies [][]ast.Stmt) {
	var body *ast.BlockStmt
	switch s := s.(type) {
	case *ast.SwitchStmt:
		body = s.Body
	case *ast.TypeSwitchStmt:
		body = s.Body
	case *ast.SelectStmt:
		body = s.Body
	default:
		return nil
	}
	for _, clause := range body.List {
		switch clause := clause.(type) {
		case *ast.CaseClause:
			bodies = append(bodies, clause.Body)
		case *ast.CommClause:
			bodies = append(bodies, clause.Body)
		}
	}
	return bodies
}

// isBool reports whether t is what comparisons yield, and not another type made of bool.
func isBool(t types.Type) bool {
	basic, is := t.(*types.Basic)
	return is && basic.Info()&types.IsBoolean != 0
}

// bound returns the value of a constant integer that may bound something. A duration of
// more than a nanosecond is none: no test can tell it from its neighbour.
func bound(tv types.TypeAndValue) (constant.Value, bool) {
	if tv.Value == nil || tv.Value.Kind() != constant.Int {
		return nil, false
	}
	basic, is := tv.Type.Underlying().(*types.Basic)
	if !is || basic.Info()&types.IsInteger == 0 {
		return nil, false
	}
	n, exact := constant.Int64Val(tv.Value)
	if types.TypeString(tv.Type, nil) == "time.Duration" && (!exact || n > 1 || n < -1) {
		return nil, false
	}
	return tv.Value, true
}

// inWords returns a piece of source as one line that is not too long.
func inWords(text []byte) string {
	line := strings.Join(strings.Fields(string(text)), " ")
	const most = 90
	if runes := []rune(line); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return line
}
