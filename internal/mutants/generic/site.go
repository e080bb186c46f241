package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
)

// A site is one mutant: what is changed where.
type site struct {
	id     int    // from 1, among those of a target
	file   string // path in the module
	line   int
	fn     string // the function or method, "Type.Method", or "" at package level
	change string // "drop close(c)", "a < b becomes a <= b"
	nth    int    // from 1, among those with the same file, fn and change
}

// name returns the site's name, which stays the same when lines above it come and go.
func (s site) name() string {
	text := fmt.Sprintf("%s %s: %s", s.file, cmp.Or(s.fn, "package"), s.change)
	if s.nth > 1 {
		text += fmt.Sprintf(" (%d)", s.nth)
	}
	return text
}

// A finder walks the files of a package and notes each mutant and the edit that makes it.
type finder struct {
	*source
	sites []site
	first int // the id of the first site
	names map[string]int

	// of the file and the function that it is in
	file    *sourceFile
	edits   []edit
	fn      string
	results bool              // the function returns something
	returns map[ast.Stmt]bool // the returns that the compiler does not need
}

// find returns the mutants of a package, numbered from first, and the text of each file with all of
// them in it, by path.
func find(s *source, first int) ([]site, map[string][]byte) {
	f := finder{source: s, first: first, names: map[string]int{}}
	rewritten := map[string][]byte{}
	for _, file := range s.files {
		if file.generated {
			continue
		}
		f.file, f.edits, f.returns = file, nil, map[ast.Stmt]bool{}
		for _, decl := range file.syntax.Decls {
			f.fn, f.results = "", false
			if d, is := decl.(*ast.FuncDecl); is {
				f.fn, f.results = functionName(d), d.Type.Results != nil
			}
			ast.Inspect(decl, f.visit)
		}
		rewritten[file.path] = []byte(render(file.text, f.edits))
	}
	return f.sites, rewritten
}

func functionName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	t := d.Recv.List[0].Type
	if star, is := t.(*ast.StarExpr); is {
		t = star.X
	}
	switch inner := t.(type) {
	case *ast.IndexExpr:
		t = inner.X
	case *ast.IndexListExpr:
		t = inner.X
	}
	return t.(*ast.Ident).Name + "." + d.Name.Name
}

func (f *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok == token.VAR
	case *ast.FuncLit:
		outer := f.results
		f.results = n.Type.Results != nil
		ast.Inspect(n.Body, f.visit)
		f.results = outer
		return false
	case *ast.BlockStmt:
		f.drop(n.List)
	case *ast.CaseClause:
		f.drop(n.Body)
	case *ast.CommClause:
		f.drop(n.Body)
	case *ast.IfStmt:
		f.negate(n.Cond)
		if n.Else == nil { // what follows returns, too
			f.mayMiss(n.Body.List)
		}
	case *ast.ForStmt:
		f.negate(n.Cond)
	case *ast.SwitchStmt:
		if n.Tag == nil {
			for _, clause := range n.Body.List {
				for _, cond := range clause.(*ast.CaseClause).List {
					f.negate(cond)
				}
			}
		}
	case ast.Expr:
		if f.info.Types[n].Value != nil {
			return false // a constant; what it is part of has seen to it
		}
		f.expression(n)
	}
	return true
}

// at returns what a node is in the file's text.
func (f *finder) at(n ast.Node) (start, end int) {
	return f.fset.Position(n.Pos()).Offset, f.fset.Position(n.End()).Offset
}

func (f *finder) words(n ast.Node) string {
	start, end := f.at(n)
	return inWords(f.file.text[start:end])
}

// add notes a mutant at node n, and the edit that makes it: build gets the mutant's id and the text of n.
func (f *finder) add(n ast.Node, change string, build func(id int, inner string, piece func(ast.Node) string) string) {
	s := site{id: f.first + len(f.sites), file: f.file.path, line: f.fset.Position(n.Pos()).Line, fn: f.fn, change: change, nth: 1}
	f.names[s.name()]++
	s.nth = f.names[s.name()]
	f.sites = append(f.sites, s)
	start, end := f.at(n)
	f.edits = append(f.edits, edit{start, end, len(f.edits), func(inner string, r *renderer) string {
		return build(s.id, inner, func(part ast.Node) string { return r.render(f.at(part)) })
	}})
}

// mayMiss notes that the compiler does not need the returns in a list.
func (f *finder) mayMiss(list []ast.Stmt) {
	for _, s := range list {
		if _, is := s.(*ast.ReturnStmt); is {
			f.returns[s] = true
		}
	}
}

func (f *finder) drop(list []ast.Stmt) {
	for i, s := range list {
		if i < len(list)-1 { // what follows returns, too
			for _, clause := range clauses(s) {
				f.mayMiss(clause)
			}
		}
	}
	for _, s := range list {
		if f.returns[s] || droppable(s, f.results) {
			f.add(s, "drop "+f.words(s), func(id int, inner string, _ func(ast.Node) string) string {
				return fmt.Sprintf("if !mutant(%d) { %s }", id, inner)
			})
		}
	}
}

func (f *finder) negate(cond ast.Expr) {
	if cond == nil || f.info.Types[cond].Value != nil || !isBool(f.info.Types[cond].Type) {
		return
	}
	if b, is := cond.(*ast.BinaryExpr); is && equality(b.Op) {
		return // its swap is the same
	}
	f.add(cond, "negate "+f.words(cond), xor)
}

func xor(id int, inner string, _ func(ast.Node) string) string {
	return fmt.Sprintf("(mutant(%d) != (%s))", id, inner)
}

// expression notes the mutants that change an expression itself.
func (f *finder) expression(e ast.Expr) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		f.swap(e)
		if ordered(e.Op) || equality(e.Op) {
			f.offByOne(e.Y, e.Op)
			f.offByOne(e.X, mirrored(e.Op))
		}
	case *ast.SliceExpr:
		for _, i := range []ast.Expr{e.Low, e.High, e.Max} {
			f.offByOne(i, token.ILLEGAL)
		}
	case *ast.IndexExpr:
		if x := f.info.Types[e.X]; x.IsValue() {
			if _, is := x.Type.Underlying().(*types.Map); !is {
				f.offByOne(e.Index, token.ILLEGAL)
			}
		}
	case *ast.CallExpr:
		name, _ := ast.Unparen(e.Fun).(*ast.Ident)
		builtin, _ := f.info.Uses[nameOrNone(name)].(*types.Builtin)
		switch {
		case builtin == nil:
		case builtin.Name() == "make" && len(e.Args) == 2:
			if _, is := f.info.Types[e.Args[0]].Type.Underlying().(*types.Map); !is {
				f.offByOne(e.Args[1], token.ILLEGAL)
			}
		case builtin.Name() == "min" || builtin.Name() == "max":
			for _, arg := range e.Args {
				f.offByOne(arg, token.ILLEGAL)
			}
		}
	}
}

// nameOrNone returns a name that no file uses, if there is none.
func nameOrNone(name *ast.Ident) *ast.Ident {
	if name == nil {
		return &ast.Ident{}
	}
	return name
}

func (f *finder) swap(e *ast.BinaryExpr) {
	op := swapped(e.Op)
	if op == token.ILLEGAL || !isBool(f.info.Types[e].Type) {
		return
	}
	change := fmt.Sprintf("%s becomes %s", f.words(e), op)
	switch e.Op {
	case token.EQL, token.NEQ:
		f.add(e, change, xor)
	case token.LAND, token.LOR:
		if !isBool(f.info.Types[e.X].Type) || !isBool(f.info.Types[e.Y].Type) {
			return
		}
		// By De Morgan: a || b is !(!a && !b), so that each side is written once.
		f.add(e, change, func(id int, _ string, piece func(ast.Node) string) string {
			m := fmt.Sprintf("mutant(%d)", id)
			return fmt.Sprintf("(%s != ((%s != (%s)) %s (%s != (%s))))", m, m, piece(e.X), e.Op, m, piece(e.Y))
		})
	default:
		// Each side is written twice and evaluated once.
		f.add(e, change, func(id int, _ string, piece func(ast.Node) string) string {
			x, y := piece(e.X), piece(e.Y)
			return fmt.Sprintf("(!mutant(%d) && (%s) %s (%s) || mutant(%d) && (%s) %s (%s))", id, x, e.Op, y, id, x, op, y)
		})
	}
}

// offByOne notes a mutant of a constant that is compared by op, or is an index if op is ILLEGAL.
func (f *finder) offByOne(e ast.Expr, op token.Token) {
	if e == nil {
		return
	}
	tv := f.info.Types[e]
	value, is := bound(tv)
	if !is || equality(op) && isNamed(tv.Type) { // a state, a reason or an error bounds nothing
		return
	}
	by := step(op)
	t := types.Default(tv.Type)
	if basic := t.Underlying().(*types.Basic); basic.Info()&types.IsUnsigned != 0 && value.String() == "0" {
		by = 1
	}
	known := true
	spelled := types.TypeString(t, func(p *types.Package) string {
		if p == f.types {
			return ""
		}
		name := f.localName(f.file, p)
		known = known && name != ""
		return name
	})
	if !known {
		return
	}
	f.add(e, fmt.Sprintf("%s becomes %+d", f.words(e), by), func(id int, inner string, _ func(ast.Node) string) string {
		return fmt.Sprintf("mutantAdd(%d, %s(%s), %d)", id, spelled, inner, by)
	})
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
