---- MODULE TraceSample ----
EXTENDS TraceHandoff

E(op, ref, presented, at, over, state, answer) ==
  [op |-> op, ref |-> ref, presented |-> presented, at |-> at, end |-> over,
   state |-> state, answer |-> answer]

TraceSampleTokens == 1..12
TraceSampleRefs == 1..6

AllTraces == <<
  <<E("Begin", 1, 0, 0, 2, "pending", "ok"),
    E("Issue", 2, 0, 0, 3, "none", "ok"),
    E("Issue", 0, 0, 0, 12, "none", "ErrFull"),
    E("Register", 2, 0, 2, 3, "pending", "ok"),
    E("Register", 2, 0, 2, 3, "none", "ErrAlreadyPending"),
    E("Consume", 1, 2, 1, 2, "none", "ErrTokenMismatch"),
    E("Consume", 1, 1, 1, 2, "none", "ok"),
    E("Consume", 1, 1, 1, 2, "none", "ErrTokenNotLive"),
    E("Acknowledge", 1, 0, 1, 2, "acknowledged", "ok"),
    E("Acknowledge", 1, 0, 1, 12, "none", "ErrNotPending"),
    E("Expire", 2, 0, 2, 3, "none", "ok"),
    E("Acknowledge", 2, 0, 3, 3, "expired", "DeadlineError"),
    E("Register", 2, 0, 3, 12, "none", "ErrTokenNotLive"),
    E("Issue", 1, 0, 3, 6, "none", "ok"),
    E("Issue", 3, 0, 3, 6, "none", "ok"),
    E("Abandon", 3, 0, -1, 6, "none", "ok"),
    E("Abandon", 3, 0, -1, 12, "none", "ok"),
    E("Issue", 0, 0, 3, 12, "none", "ErrCollision"),
    E("Issue", 3, 0, 4, 7, "none", "ok"),
    E("Begin", 0, 0, 4, 12, "none", "ErrFull"),
    E("Drop", 1, 0, 6, 6, "none", "ok"),
    E("Begin", 4, 0, 6, 8, "pending", "ok"),
    E("Sweep", 0, 0, 6, 12, "none", "ok"),
    E("Drop", 3, 0, 8, 7, "none", "ok"),
    E("Expire", 4, 0, 8, 8, "expired", "ok"),
    E("Sweep", 0, 0, 8, 12, "none", "ok"),
    E("Begin", 5, 0, 0, 2, "pending", "ok"),
    E("Consume", 5, 5, 2, 2, "expired", "ErrTokenExpired"),
    E("Issue", 6, 0, 0, 3, "none", "ok"),
    E("Register", 6, 0, 3, 3, "none", "ErrTokenExpired"),
    E("Begin", 5, 0, 0, 2, "pending", "ok"),
    E("Abandon", 5, 0, -1, 2, "abandoned", "ok"),
    E("Begin", 5, 0, 0, 2, "pending", "ok"),
    E("Issue", 6, 0, 0, 3, "none", "ok"),
    E("Close", 0, 0, -1, 12, "none", "ok"),
    E("Issue", 0, 0, 0, 12, "none", "ErrClosed"),
    E("Abandon", 5, 0, -1, 2, "none", "ErrClosed"),
    E("Abandon", 5, 0, -1, 2, "abandoned", "ok"),
    E("Register", 6, 0, 0, 3, "none", "ErrClosed"),
    E("Drop", 6, 0, -1, 3, "none", "ok"),
    E("Acknowledge", 6, 0, 0, 12, "none", "ErrClosed"),
    E("Consume", 6, 6, 0, 12, "none", "ErrClosed"),
    E("Expire", 6, 0, 3, 12, "none", "ErrClosed"),
    E("Sweep", 0, 0, 1, 12, "none", "ErrClosed"),
    E("Close", 0, 0, -1, 12, "none", "ErrClosed")>>>>
TraceSampleTraces == AllTraces

AllEdits == <<
  <<>>>>
TraceSampleEdits == AllEdits
====
