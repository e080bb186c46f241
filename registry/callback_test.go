package registry_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

func TestOnExitMayCallTheRegistry(t *testing.T) {
	var r *registry.Registry
	var states []fsm.State
	r = open(t, registry.Options{AckDeadline: time.Second, OnExit: func(e registry.Exit) {
		states = append(states, e.State)
		_, pending := r.Backend(e.Token)
		require.False(t, pending)
		require.Error(t, r.Register(e.Token, cache, epoch))
		if len(states) < 4 {
			begin(t, r, epoch)
		}
	}})
	begin(t, r, epoch)
	for range 4 { // what the callback begins is left for the next sweep: each sweep ends
		require.Len(t, r.ExpireOverdue(epoch.Add(time.Second)), 1)
	}
	begin(t, r, epoch)
	r.Close()
	require.Equal(t, []fsm.State{fsm.Expired, fsm.Expired, fsm.Expired, fsm.Expired, fsm.Abandoned}, states)
}

// OnExit is called for every handoff even if it panics for one in the middle.
func TestAPanickingCallbackLosesNoExit(t *testing.T) {
	told := 0
	r := open(t, registry.Options{AckDeadline: time.Second, OnExit: func(registry.Exit) {
		if told++; told == 3 {
			panic("third")
		}
	}})
	for range 5 {
		begin(t, r, epoch)
	}
	require.PanicsWithValue(t, "third", func() { r.ExpireOverdue(epoch.Add(time.Hour)) })
	require.Equal(t, 5, told)
	require.Equal(t, registry.Stats{Issued: 5, Revoked: 5, Registered: 5, Expired: 5}, r.Stats())
	begin(t, r, epoch) // the lock is free
}

// Close ends every record whatever a callback does: nobody else could end the rest.
func TestCloseEndsEverythingThoughACallbackPanics(t *testing.T) {
	for name, die := range map[string]func(){"panic": func() { panic("dies") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			told := 0
			r := open(t, registry.Options{OnExit: func(registry.Exit) {
				if told++; told%7 == 3 {
					die()
				}
			}})
			for range 100 {
				begin(t, r, epoch)
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				defer func() { _ = recover() }()
				r.Close()
			}()
			<-ended
			require.Equal(t, 100, told)
			require.Equal(t, registry.Stats{Issued: 100, Revoked: 100, Registered: 100, Abandoned: 100}, r.Stats())
		})
	}
}

// A Trace that fails at Close's own step must not keep the records from ending.
func TestCloseEndsEverythingThoughItsFirstTracePanics(t *testing.T) {
	told := 0
	r := open(t, registry.Options{
		OnExit: func(registry.Exit) { told++ },
		Trace: func(e registry.Event) {
			if e.Op == registry.OpClose {
				panic("trace")
			}
		},
	})
	for range 3 {
		begin(t, r, epoch)
	}
	require.PanicsWithValue(t, "trace", func() { r.Close() })
	require.Equal(t, 3, told)
	require.Zero(t, r.Tokens())
}

// Of a batch, every callback may fail: each is still called, in the order of the
// steps, and the last panic reaches the caller.
func TestEachCallbackIsCalledThoughAllPanic(t *testing.T) {
	var told []registry.Token
	r := open(t, registry.Options{AckDeadline: time.Second, OnExit: func(e registry.Exit) {
		told = append(told, e.Token)
		panic(len(told))
	}})
	var want []registry.Token
	for range 10 {
		want = append(want, begin(t, r, epoch))
	}
	require.PanicsWithValue(t, 10, func() { r.ExpireOverdue(epoch.Add(time.Second)) })
	require.Equal(t, want, told)
	begin(t, r, epoch) // the lock is free
}

func TestAPanickingTraceLosesNoExit(t *testing.T) {
	told := 0
	r := open(t, registry.Options{
		OnExit: func(registry.Exit) { told++ },
		Trace: func(e registry.Event) {
			if e.Op == registry.OpAcknowledge {
				panic("trace")
			}
		},
	})
	token := begin(t, r, epoch)
	require.Panics(t, func() { _, _ = r.Acknowledge(token, epoch) })
	require.Equal(t, 1, told)
}
