----------------------------- MODULE TokenMutants ----------------------------
(***************************************************************************)
(* Mutants of the rules of tokens: wrong operators.  Each configuration    *)
(* Fail*.cfg puts one of them in the place of that operator of HandoffAck  *)
(* or Answers which its comment names, and TLC must then find the          *)
(* guarantee that it breaks: a checker that finds nothing is not looking.  *)
(***************************************************************************)
EXTENDS Inductive

LeaveUnrevoked(t, outcome) ==
  /\ handoff' = [handoff EXCEPT ![t] = outcome]
  /\ left' = [left EXCEPT ![t] = @ + 1]
  /\ Count({outcome})
  /\ UNCHANGED <<token, end, since, consumed, begun>>

LateAckKeepsToken(t, n) ==              \* Acknowledge
  /\ \/ AcknowledgeAnswer(t, n) = "ok" /\ Leave(t, "acknowledged")
     \/ AcknowledgeAnswer(t, n) = "DeadlineError" /\ LeaveUnrevoked(t, "expired")
  /\ At(n)

ExpireKeepsToken(t, n) ==               \* Expire
  /\ ExpireAnswer(t, n) = "ok"
  /\ LeaveUnrevoked(t, "expired")
  /\ At(n)

AbandonSparesIssued(t) ==               \* AbandonAnswer
  IF ~closed /\ Pending(t) THEN "ok" ELSE "none"

RegisterRevives(t, n) ==                \* RegisterAnswer
  IF closed THEN "ErrClosed"
  ELSE IF token[t] = "fresh" THEN "ErrTokenNotLive"
  ELSE IF Pending(t) THEN "ErrAlreadyPending"
  ELSE IF token[t] = "live" /\ Over(n, end[t]) THEN "ErrTokenExpired"
  ELSE "ok"

RegisterNeverIssued(t, n) ==            \* Register: does not look at the token
  /\ ~closed /\ token[t] # "dead" /\ ~Pending(t)
  /\ handoff' = [handoff EXCEPT ![t] = "pending"]
  /\ end' = [end EXCEPT ![t] = Plus(n, AckDeadline)]
  /\ since' = [since EXCEPT ![t] = n]
  /\ begun' = [begun EXCEPT ![t] = @ + 1]
  /\ Count({"registered"})
  /\ UNCHANGED <<token, consumed, left>>
  /\ At(n)

AckNeverIssued(t, n) ==                 \* Acknowledge: nor does this
  /\ \/ AcknowledgeAnswer(t, n) = "ok" /\ Leave(t, "acknowledged")
     \/ AcknowledgeAnswer(t, n) = "DeadlineError" /\ Leave(t, "expired")
     \/ /\ ~closed /\ token[t] = "fresh"
        /\ Remove(t)
        /\ handoff' = [handoff EXCEPT ![t] = "acknowledged"]
        /\ begun' = [begun EXCEPT ![t] = @ + 1]
        /\ left' = [left EXCEPT ![t] = @ + 1]
        /\ Count({"registered", "acknowledged"})
  /\ At(n)

TokenReissued(t, n) ==                  \* IssueAnswer: if it carried no handoff
  IF closed THEN "ErrClosed"
  ELSE IF Full /\ \E u \in Tokens : DropAnswer(u, n) = "ok" THEN "Drop"
  ELSE IF Full THEN "ErrFull"
  ELSE IF token[t] = "live" \/ handoff[t] # "none" THEN "ErrCollision"
  ELSE "ok"

ConsumedTwice(expected, presented, n) ==  \* ConsumeAnswer
  IF closed THEN "ErrClosed"
  ELSE IF token[expected] # "live" THEN "ErrTokenNotLive"
  ELSE IF Over(n, end[expected]) THEN "ErrTokenExpired"
  ELSE IF presented # expected THEN "ErrTokenMismatch"
  ELSE "ok"

ConsumedLate(t, presented, n) ==        \* Consume: does not look at the end
  /\ ~closed /\ t = presented
  /\ Pending(t) /\ t \notin consumed
  /\ consumed' = consumed \cup {t}
  /\ UNCHANGED <<token, handoff, end, since, stats, begun, left>>
  /\ At(n)

RemoveLeaks(t) ==                       \* Remove
  /\ token' = [token EXCEPT ![t] = "dead"]
  /\ UNCHANGED <<end, since, consumed>>

RevokeUncounted(t) ==                   \* Revoke
  Remove(t) /\ UNCHANGED <<handoff, stats, begun, left>>

CapacityIgnored(t, n) ==                \* Begin
  /\ ~closed /\ token[t] = "fresh"
  /\ Pend(t, n, Plus(n, AckDeadline))
  /\ Count({"issued", "registered"})
  /\ At(n)

FullTooSoon == Cardinality(Live) + 1 >= MaxPending      \* Full

IssueAfterClose(t, n) ==                \* IssueAnswer
  IF Full THEN "ErrFull"
  ELSE IF token[t] # "fresh" THEN "ErrCollision"
  ELSE "ok"
==============================================================================
