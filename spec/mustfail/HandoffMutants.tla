---------------------------- MODULE HandoffMutants ---------------------------
(***************************************************************************)
(* Mutants of the steps of handoffs and of Close; see TokenMutants.        *)
(***************************************************************************)
EXTENDS Liveness

RegisterOverwrites(t, n) ==             \* RegisterAnswer
  IF closed THEN "ErrClosed"
  ELSE IF token[t] # "live" THEN "ErrTokenNotLive"
  ELSE IF Over(n, end[t]) THEN "ErrTokenExpired"
  ELSE "ok"

RegisterExtends(t, n) ==                \* Register: again, and quietly
  /\ \/ /\ RegisterAnswer(t, n) = "ok"
        /\ Pend(t, n, Earlier(Plus(n, AckDeadline), end[t]))
        /\ Count({"registered"})
     \/ /\ RegisterAnswer(t, n) = "ErrAlreadyPending"
        /\ end' = [end EXCEPT ![t] = Plus(n, AckDeadline)]
        /\ UNCHANGED <<token, handoff, since, consumed, stats, begun, left>>
     \/ RegisterAnswer(t, n) = "ErrTokenExpired" /\ Revoke(t)
  /\ At(n)

ExpiredTwice(t, n) ==                   \* ExpireAnswer
  IF ~closed /\ (handoff[t] = "expired" \/ (Pending(t) /\ Over(n, end[t])))
  THEN "ok" ELSE "none"

AckRewritesOutcome(t, n) ==             \* Acknowledge
  /\ \/ AcknowledgeAnswer(t, n) = "ok" /\ Leave(t, "acknowledged")
     \/ AcknowledgeAnswer(t, n) = "DeadlineError" /\ Leave(t, "expired")
     \/ /\ ~closed /\ handoff[t] = "expired"
        /\ handoff' = [handoff EXCEPT ![t] = "acknowledged"]
        /\ stats' = [stats EXCEPT !["expired"] = @ - 1, !["acknowledged"] = @ + 1]
        /\ UNCHANGED <<token, end, since, consumed, begun, left>>
  /\ At(n)

DropTakesPending(t, n) ==               \* Drop: to make room, and tells nobody
  /\ ~closed /\ t \in Live /\ Over(n, end[t])
  /\ Remove(t)
  /\ handoff' = [handoff EXCEPT ![t] = "none"]
  /\ Count({"revoked"})
  /\ UNCHANGED <<begun, left>>
  /\ At(n)

AbandonUncounted(t) ==                  \* Abandon
  /\ \/ /\ AbandonAnswer(t) = "ok"
        /\ Remove(t)
        /\ handoff' = [handoff EXCEPT ![t] = "abandoned"]
        /\ left' = [left EXCEPT ![t] = @ + 1]
        /\ Count({"revoked"})
        /\ UNCHANGED begun
     \/ AbandonAnswer(t) = "revoked" /\ Revoke(t)
  /\ Timeless

AbandonCountsExpired(t) ==              \* Abandon
  /\ \/ /\ AbandonAnswer(t) = "ok"
        /\ Remove(t)
        /\ handoff' = [handoff EXCEPT ![t] = "abandoned"]
        /\ left' = [left EXCEPT ![t] = @ + 1]
        /\ Count({"expired", "revoked"})
        /\ UNCHANGED begun
     \/ AbandonAnswer(t) = "revoked" /\ Revoke(t)
  /\ Timeless

CloseReopens ==                         \* Close: the second one
  /\ closed' = ~closed
  /\ UNCHANGED <<record, now, sweep>>

CloseForgetsOne(t) ==                   \* CloseOne
  /\ closed
  /\ Cardinality(Live) > 1
  /\ \/ Pending(t) /\ Leave(t, "abandoned")
     \/ Issued(t) /\ Revoke(t)
  /\ Timeless
==============================================================================
