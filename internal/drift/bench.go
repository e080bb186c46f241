package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/handoff-go/handoff/internal/command"
	"github.com/handoff-go/handoff/internal/plant"
)

// A bench makes changes in a copy of a module and asks the links about them.
type bench struct {
	source string
	links  []link
	out    io.Writer
	run    func(ctx context.Context, dir, name string, args ...string) (string, error)
	tree   string // the copy: always at one place, so that the build cache serves it
}

type verdict string

const (
	caught verdict = "caught"
	missed verdict = "-"
	blind  verdict = "." // the link does not look there
)

type row struct {
	change   change
	verdicts []verdict // of each link
	err      error     // what is wrong with the change itself
}

type matrix struct {
	links []link
	rows  []row
	took  time.Duration
}

// limit is for one link: far above what it takes.
const limit = 10 * time.Minute

// all makes every change and returns what came of it. An error says that this could not
// be done, or that the module does not pass as it is.
func (b *bench) all(ctx context.Context, changes []change) (*matrix, error) {
	temp, err := os.MkdirTemp("", "drift-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	began := time.Now()
	pristine := filepath.Join(temp, "pristine")
	if err := plant.Copy(pristine, b.source); err != nil {
		return nil, err
	}
	if err := copyCache(pristine, b.source); err != nil {
		return nil, err
	}
	b.tree = filepath.Join(temp, "module")
	if err := b.renew(pristine); err != nil {
		return nil, err
	}
	for _, l := range b.links {
		if v, printed, err := b.ask(ctx, l); err != nil || v != missed {
			return nil, fmt.Errorf("without a change: %s: %s %w\n%s", l.name, v, errors.Join(err, errNotPassing), printed)
		}
	}
	fmt.Fprintf(b.out, "without a change every link passes (%.0f s)\n", time.Since(began).Seconds())
	m := &matrix{links: b.links}
	for i, c := range changes {
		if err := b.renew(pristine); err != nil {
			return nil, err
		}
		r := b.try(ctx, c)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		m.rows = append(m.rows, r)
		fmt.Fprintf(b.out, "[%2d/%d] %-10s %-28s %s\n", i+1, len(changes), c.side, c.name, r.words(b.links))
	}
	m.took = time.Since(began)
	return m, nil
}

var (
	errNotPassing = errors.New("does not pass")
	errBroken     = errors.New("does not compile or parse")
)

// renew makes the tree anew, and keeps what was fetched.
func (b *bench) renew(pristine string) error {
	if err := plant.Copy(b.tree, pristine); err != nil {
		return err
	}
	return copyCache(b.tree, pristine)
}

// copyCache copies what the runner of TLC has fetched, if it has.
func copyCache(dst, src string) error {
	jars, err := filepath.Glob(filepath.Join(src, ".cache", "*.jar"))
	if err != nil {
		return err
	}
	for _, jar := range jars {
		content, err := os.ReadFile(jar)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(dst, ".cache"), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dst, ".cache", filepath.Base(jar)), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// try makes one change and asks every link that looks at its place.
func (b *bench) try(ctx context.Context, c change) row {
	r := row{change: c, verdicts: make([]verdict, len(b.links))}
	if r.err = c.edit().Apply(b.tree); r.err != nil {
		return r
	}
	for i, l := range b.links {
		r.verdicts[i] = blind
		if !l.sees(c) {
			continue
		}
		var err error
		if r.verdicts[i], _, err = b.ask(ctx, l); err != nil {
			r.err = fmt.Errorf("%s: %w", l.name, err)
			return r
		}
	}
	return r
}

// ask runs a link on the tree as it is.
func (b *bench) ask(ctx context.Context, l link) (verdict, string, error) {
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	printed, err := b.run(ctx, b.tree, l.command[0], l.command[1:]...)
	switch {
	case err == nil:
		return missed, printed, nil
	case !command.Failed(err):
		return missed, printed, err
	case broken.MatchString(printed):
		return missed, printed, fmt.Errorf("%w:\n%s", errBroken, printed)
	}
	return caught, printed, nil
}

func (r row) words(links []link) string {
	if r.err != nil {
		return r.err.Error()
	}
	var words []string
	for i, v := range r.verdicts {
		if v != blind {
			words = append(words, links[i].name+" "+string(v))
		}
	}
	return strings.Join(words, ", ")
}

// failure returns an error if the change is worthless, or its link did not notice.
func (r row) failure(links []link) error {
	if r.err != nil {
		return fmt.Errorf("%s: %w", r.change.name, r.err)
	}
	for i, l := range links {
		if l.name == r.change.must() && r.verdicts[i] == caught {
			return nil
		}
	}
	return fmt.Errorf("%s goes unnoticed: %s must see it", r.change.name, r.change.must())
}

func (m *matrix) failures() error {
	var all []error
	for _, r := range m.rows {
		all = append(all, r.failure(m.links))
	}
	return errors.Join(all...)
}

// String returns the table and the total.
func (m *matrix) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "changed in\twhat")
	for _, l := range m.links {
		fmt.Fprint(w, "\t", l.name)
	}
	fmt.Fprint(w, "\t\n")
	seen := 0
	for _, r := range m.rows {
		fmt.Fprintf(w, "%s\t%s", r.change.side, r.change.name)
		for _, v := range r.verdicts {
			fmt.Fprint(w, "\t", v)
		}
		mark := ""
		if r.failure(m.links) == nil {
			seen++
		} else if mark = "UNNOTICED"; r.err != nil {
			mark = "WORTHLESS"
		}
		fmt.Fprintf(w, "\t%s\n", mark)
	}
	w.Flush()
	fmt.Fprintf(&b, "%d of %d one-sided changes caught by the link that must catch them, in %.0f s\n", seen, len(m.rows), m.took.Seconds())
	return b.String()
}
