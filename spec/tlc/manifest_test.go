package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func good() model {
	return model{Name: "A", Module: "A.tla", Cfg: "A.cfg", Verdict: holds, States: 7, Lane: laneDefault, Workers: 1}
}

func TestModelsThatCannotBeExpectedAreRefused(t *testing.T) {
	m := good()
	require.NoError(t, m.valid())
	m.Verdict, m.Property, m.Clause, m.Exit = action, "P", "C", 13
	require.NoError(t, m.valid())

	tests := map[string]func(*model){
		"without a name":                           func(m *model) { m.Name = "" },
		"without a module":                         func(m *model) { m.Module = "" },
		"without a configuration":                  func(m *model) { m.Cfg = "" },
		"with an unknown verdict":                  func(m *model) { m.Verdict = "probably" },
		"that TLC cannot check":                    func(m *model) { m.Verdict = broken },
		"with an exit code of another verdict":     func(m *model) { m.Exit = 12 },
		"that hold, with a property violated":      func(m *model) { m.Property = "P" },
		"that hold, with a clause violated":        func(m *model) { m.Clause = "C" },
		"that fail on no property":                 func(m *model) { m.Verdict, m.Exit = invariant, 12 },
		"in no lane":                               func(m *model) { m.Lane = "" },
		"without workers":                          func(m *model) { m.Workers = 0 },
		"that fail after a count known to nobody":  func(m *model) { m.Verdict, m.Property, m.Exit, m.Workers = invariant, "P", 12, 2 },
		"that fail on an assumption of a property": func(m *model) { m.Verdict, m.Property, m.Exit = assumption, "P", 10 },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			m := good()
			spoil(&m)
			require.Error(t, m.valid())
		})
	}
}

func TestSays(t *testing.T) {
	require.Equal(t, "", (&model{Verdict: holds}).says())
	require.Equal(t, "P", (&model{Verdict: invariant, Property: "P"}).says())
	require.Equal(t, "C", (&model{Verdict: action, Property: "P", Clause: "C"}).says())
	require.Equal(t, "", (&model{Verdict: liveness, Property: "P"}).says())
}

func TestLoadManifest(t *testing.T) {
	load := func(text string) error {
		file := filepath.Join(t.TempDir(), manifestName)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := loadManifest(file)
		return err
	}
	one := `{"name":"A","module":"A.tla","cfg":"A.cfg","verdict":"holds","exit":0,"states":7,"lane":"default","workers":1}`
	require.NoError(t, load(`{"library":[],"models":[`+one+`]}`))
	require.ErrorContains(t, load(`{"models":[`+one+`,`+one+`]}`), `two models named "A"`)
	require.ErrorContains(t, load(`{"models":[{"name":"A","verdikt":"holds"}]}`), "verdikt")
	require.ErrorContains(t, load(`{"models":[{"name":"A"}]}`), `model "A"`)
	require.Error(t, load(`{"models":[`))

	_, err := loadManifest(filepath.Join(t.TempDir(), "none.json"))
	require.Equal(t, exitUsage, exitCode(err))
}

func TestChoose(t *testing.T) {
	models := []model{{Name: "A", Lane: laneDefault}, {Name: "AB", Lane: laneLong}, {Name: "B", Lane: laneDefault}}
	names := func(lane, only string) (all []string) {
		chosen, err := choose(models, lane, only)
		require.NoError(t, err)
		for _, m := range chosen {
			all = append(all, m.Name)
		}
		return all
	}
	require.Equal(t, []string{"A", "B"}, names(laneDefault, ""))
	require.Equal(t, []string{"AB"}, names(laneLong, ""))
	require.Equal(t, []string{"A", "AB", "B"}, names(laneAll, ""))
	require.Equal(t, []string{"AB"}, names(laneDefault, "AB"), "a name is enough, in whatever lane")
	require.Equal(t, []string{"A"}, names(laneDefault, "A*"), "a pattern is about the lane")
	require.Equal(t, []string{"A", "AB"}, names(laneAll, "A*"))
	require.Equal(t, []string{"A", "B"}, names(laneDefault, "[B-Z]*,A*"), "in the manifest's order")

	for _, wrong := range [][2]string{{"short", ""}, {laneDefault, "C"}, {laneDefault, "["}, {laneDefault, "A,["}, {laneLong, "B*"}} {
		_, err := choose(models, wrong[0], wrong[1])
		require.Equal(t, exitUsage, exitCode(err), "%v", wrong)
	}
}

func TestUpdateWritesNothingButStateCounts(t *testing.T) {
	a, b := good(), good()
	b.Name = "B"
	m := manifest{Library: []string{"L.tla"}, Models: []model{a, b}}
	file := filepath.Join(t.TempDir(), manifestName)
	require.NoError(t, m.update(file, []report{
		{model: a, result: result{verdict: holds, states: 8}},
		{model: b, result: result{verdict: invariant, property: "P", exit: 12, states: 9}},
	}))
	got, err := loadManifest(file)
	require.NoError(t, err)
	a.States = 8
	require.Equal(t, &manifest{Library: []string{"L.tla"}, Models: []model{a, b}}, got)
}

func TestTables(t *testing.T) {
	a, b, c, d := good(), good(), good(), good()
	b.Name, b.Verdict, b.Property, b.Clause, b.States = "B", action, "P", "C", 3
	c.Name, c.Verdict, c.Property, c.Invariant = "C", invariant, "NeverX", "NeverX"
	d.Name, d.Verdict = "D", assumption
	m := manifest{Models: []model{a, b, c, d}}
	text, err := m.retable([]byte("before\n" + tablesBegin + "old\n" + tablesEnd + "after\n"))
	require.NoError(t, err)
	require.Equal(t, "before\n"+tablesBegin+`| holds | module | distinct states | lane |
| --- | --- | --- | --- |
| `+"`A` | `A.tla`"+` | 7 | default |

| must fail | broken | distinct states until then |
| --- | --- | --- |
| `+"`B` | `P`: `C`"+` | 3 |
| `+"`D`"+` | an assumption about the constants | 7 |

The 1 answers that are reached: `+"`X`.\n"+tablesEnd+"after\n", string(text))

	_, err = m.retable([]byte(tablesEnd + tablesBegin))
	require.Error(t, err)
}
