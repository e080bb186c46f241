package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// folder is a specification of one module with one model, which is in order.
func folder(t *testing.T) (dir string, m manifest) {
	dir = t.TempDir()
	write(t, dir, "A.tla", "TypeOK == x\n\nC == y\n\nP == C\n  /\\ z\n\nD == w\n")
	write(t, dir, "mc/A.cfg", "\\* PROPERTY Q\nSPECIFICATION Spec\nCONSTANT N = 1\nINVARIANTS\n  TypeOK\n  I\nPROPERTY P\nCHECK_DEADLOCK FALSE\n")
	failing := good()
	failing.Cfg, failing.Verdict, failing.Exit, failing.Property, failing.Clause = "mc/A.cfg", action, 13, "P", "C"
	return dir, manifest{Models: []model{failing}}
}

func write(t *testing.T, dir, name, text string) {
	file := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

func TestAsked(t *testing.T) {
	invariants, properties := asked("SPECIFICATION Spec\nINVARIANT A B\nCONSTANT N = 1\nPROPERTIES\n  P \\* not Q\n  R\nINVARIANT C\nCHECK_DEADLOCK FALSE")
	require.Equal(t, []string{"A", "B", "C"}, invariants)
	require.Equal(t, []string{"P", "R"}, properties)
}

func TestManifestAndFilesAgree(t *testing.T) {
	dir, m := folder(t)
	require.Empty(t, m.check(dir))
}

func TestManifestAndFilesThatDisagree(t *testing.T) {
	tests := map[string]struct {
		spoil func(dir string, m *manifest)
		want  string
	}{
		"a module that no model uses": {
			func(dir string, m *manifest) { write(t, dir, "B.tla", "") },
			"B.tla is in no model of the manifest",
		},
		"a configuration that no model uses": {
			func(dir string, m *manifest) { write(t, dir, "deep/down/B.cfg", "") },
			"deep/down/B.cfg is in no model of the manifest",
		},
		"a model without its module": {
			func(dir string, m *manifest) { require.NoError(t, os.Remove(filepath.Join(dir, "A.tla"))) },
			"A.tla is in the manifest, but there is no such file",
		},
		"a library without its file": {
			func(dir string, m *manifest) { m.Library = []string{"L.tla"} },
			"L.tla is in the manifest, but there is no such file",
		},
		"a property that nobody asks for": {
			func(dir string, m *manifest) { m.Models[0].Property = "D"; m.Models[0].Clause = "" },
			"A: mc/A.cfg does not ask for D",
		},
		"a clause of another property": {
			func(dir string, m *manifest) { m.Models[0].Clause = "D" },
			"A: D is no clause of P",
		},
		"a clause whose name is only a part of one": {
			func(dir string, m *manifest) { write(t, dir, "A.tla", "P == CC\n") },
			"A: C is no clause of P",
		},
		"two liveness properties, of which TLC would not say which": {
			func(dir string, m *manifest) {
				m.Models[0].Verdict, m.Models[0].Clause = liveness, ""
				write(t, dir, "mc/A.cfg", "INVARIANT TypeOK PROPERTY P Q")
			},
			"A: mc/A.cfg must ask for P and no other property",
		},
		"a model that does not look at the types": {
			func(dir string, m *manifest) { write(t, dir, "mc/A.cfg", "PROPERTY P") },
			"A: TypeOK is not among the invariants of mc/A.cfg",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir, m := folder(t)
			test.spoil(dir, &m)
			require.Contains(t, m.check(dir), test.want)
		})
	}
}

func TestDefinition(t *testing.T) {
	modules := "P ==\n  /\\ A\n  /\\ B\n\nPP == C\n====\nP == D\n----\nQ == E\n"
	require.Equal(t, "\n  /\\ A\n  /\\ B\n D\n", definition(modules, "P"), "of both modules")
	require.Empty(t, definition(modules, "R"))
	require.True(t, mentions("[]A /\\ B", "A"))
	require.False(t, mentions("AB /\\ A_B", "A"))
}
