----------------------------- MODULE TimeMutants -----------------------------
(***************************************************************************)
(* Mutants of the rules of time and of the sweep; see TokenMutants.        *)
(***************************************************************************)
EXTENDS Guarantees

OverIsAfter(n, e) == e # Never /\ n > e                         \* Over

AckOnTheDeadline(t, n) ==               \* AcknowledgeAnswer
  IF closed THEN "ErrClosed"
  ELSE IF ~Pending(t) THEN "ErrNotPending"
  ELSE IF OverIsAfter(n, end[t]) THEN "DeadlineError"
  ELSE "ok"

MismatchBeforeEnd(expected, presented, n) ==    \* ConsumeAnswer
  IF closed THEN "ErrClosed"
  ELSE IF token[expected] # "live" \/ expected \in consumed THEN "ErrTokenNotLive"
  ELSE IF presented # expected THEN "ErrTokenMismatch"
  ELSE IF Over(n, end[expected]) THEN "ErrTokenExpired"
  ELSE "ok"

AckWhenever(t, n) ==                    \* Acknowledge
  /\ ~closed /\ Pending(t)
  /\ Leave(t, "acknowledged")
  /\ At(n)

ExpireEarly(t, n) ==                    \* ExpireAnswer
  IF ~closed /\ Pending(t) /\ Over(n + 1, end[t]) THEN "ok" ELSE "none"

TTLNotKept(t, n) ==                     \* Register: the deadline outlives the token
  /\ \/ /\ RegisterAnswer(t, n) = "ok"
        /\ Pend(t, n, Plus(n, AckDeadline))
        /\ Count({"registered"})
     \/ RegisterAnswer(t, n) = "ErrTokenExpired" /\ Revoke(t)
  /\ At(n)

TTLNotAsked(t, n) ==                    \* Register: of a token that is over
  /\ ~closed /\ Issued(t)
  /\ Pend(t, n, Earlier(Plus(n, AckDeadline), end[t]))
  /\ Count({"registered"})
  /\ At(n)

DropEarly(t, n) ==                      \* DropAnswer
  IF ~closed /\ Issued(t) THEN "ok" ELSE "none"

OverflowIsNow(n, d) == IF n + d > Horizon THEN n ELSE n + d     \* Plus

NeverIsNotKept(n, d) == n + d                                   \* Plus

NegativeWait(t, n) == n - since[t]                              \* Waited

SweepSkipsOne ==                        \* SweepAnswer
  IF sweeping = NoSweep THEN "idle"
  ELSE IF ~closed /\ Cardinality(Overdue(sweeping)) > 1 THEN "more"
  ELSE "ok"

NextDeadlineForgetsIssued ==            \* NextDeadline
  LET ends == {end[t] : t \in {u \in Live : Pending(u)}}
  IN IF closed \/ ends = {} THEN Never
     ELSE CHOOSE e \in ends : \A f \in ends : e <= f

(***************************************************************************)
(* Right as long as no token ends before its handoff's whole deadline.     *)
(***************************************************************************)
OldestRegistered(n) ==                  \* Oldest
  {t \in Overdue(n) : \A u \in Overdue(n) :
     IF Pending(t) /\ Pending(u) THEN since[t] <= since[u] ELSE end[t] <= end[u]}

SweepAllAtOnce(t) ==                    \* SweepOne
  LET gone == Overdue(sweeping)
      over == {u \in gone : Pending(u)}
  IN /\ SweepAnswer = "more"
     /\ t \in gone
     /\ token' = [u \in Tokens |-> IF u \in gone THEN "dead" ELSE token[u]]
     /\ end' = [u \in Tokens |-> IF u \in gone THEN 0 ELSE end[u]]
     /\ since' = [u \in Tokens |-> IF u \in gone THEN 0 ELSE since[u]]
     /\ consumed' = consumed \ gone
     /\ handoff' = [u \in Tokens |-> IF u \in over THEN "expired" ELSE handoff[u]]
     /\ left' = [u \in Tokens |-> IF u \in over THEN left[u] + 1 ELSE left[u]]
     /\ stats' = [stats EXCEPT !["revoked"] = @ + Cardinality(gone),
                               !["expired"] = @ + Cardinality(over)]
     /\ taken' = taken \cup gone
     /\ now' = sweeping
     /\ UNCHANGED <<begun, closed, sweeping>>
==============================================================================
