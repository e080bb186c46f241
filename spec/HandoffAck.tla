----------------------------- MODULE HandoffAck ------------------------------
(***************************************************************************)
(* A registry of handoffs that wait to be acknowledged: tokens, one        *)
(* deadline for each, time as a parameter of each operation, a limit on    *)
(* the number of live tokens, a sweep of overdue records, and Close.       *)
(*                                                                         *)
(* A step is named after the operation that takes it, and defined from     *)
(* that operation's answer in module Answers; an operation that is refused *)
(* takes no step. One step changes one record, so others may come between  *)
(* any two steps of a sweep or of Close.                                   *)
(*                                                                         *)
(* Left out: which backend a handoff is for (no answer depends on it), the *)
(* bytes of a token, the cost of a step, and a second sweep at the same    *)
(* time (its steps are Expire and Drop steps, which may come at any time). *)
(***************************************************************************)
EXTENDS Answers

record == <<token, handoff, end, since, consumed, stats, begun, left>>
sweep  == <<sweeping, taken>>
vars   == <<record, closed, now, sweep>>

Init ==
  /\ token = [t \in Tokens |-> "fresh"]
  /\ handoff = [t \in Tokens |-> "none"]
  /\ end = [t \in Tokens |-> 0]
  /\ since = [t \in Tokens |-> 0]
  /\ consumed = {}
  /\ closed = FALSE
  /\ now = 0
  /\ sweeping = NoSweep
  /\ taken = {}
  /\ stats = [c \in Counters |-> 0]
  /\ begun = [t \in Tokens |-> 0]
  /\ left = [t \in Tokens |-> 0]
------------------------------------------------------------------------------
(***************************************************************************)
(* The parts that steps are made of.                                       *)
(***************************************************************************)
Count(S) == stats' = [c \in Counters |-> IF c \in S THEN stats[c] + 1 ELSE stats[c]]

Remove(t) ==                    \* the record is removed: this is the revocation
  /\ token' = [token EXCEPT ![t] = "dead"]
  /\ end' = [end EXCEPT ![t] = 0]
  /\ since' = [since EXCEPT ![t] = 0]
  /\ consumed' = consumed \ {t}

Revoke(t) ==                    \* a token ends with nothing pending on it
  /\ Remove(t)
  /\ Count({"revoked"})
  /\ UNCHANGED <<handoff, begun, left>>

Leave(t, outcome) ==            \* a handoff leaves, and its exit is reported
  /\ Remove(t)
  /\ handoff' = [handoff EXCEPT ![t] = outcome]
  /\ left' = [left EXCEPT ![t] = @ + 1]
  /\ Count({outcome, "revoked"})
  /\ UNCHANGED begun

Pend(t, n, e) ==                \* a handoff is pending on t from n until e
  /\ token' = [token EXCEPT ![t] = "live"]
  /\ handoff' = [handoff EXCEPT ![t] = "pending"]
  /\ end' = [end EXCEPT ![t] = e]
  /\ since' = [since EXCEPT ![t] = n]
  /\ begun' = [begun EXCEPT ![t] = @ + 1]
  /\ UNCHANGED <<consumed, left>>

At(n)    == now' = n /\ UNCHANGED <<closed, sweep>>
Timeless == UNCHANGED <<closed, now, sweep>>
------------------------------------------------------------------------------
Issue(t, n) ==
  /\ IssueAnswer(t, n) = "ok"
  /\ token' = [token EXCEPT ![t] = "live"]
  /\ end' = [end EXCEPT ![t] = Plus(n, TokenTTL)]
  /\ Count({"issued"})
  /\ UNCHANGED <<handoff, since, consumed, begun, left>>
  /\ At(n)

Begin(t, n) ==
  /\ BeginAnswer(t, n) = "ok"
  /\ Pend(t, n, Plus(n, AckDeadline))
  /\ Count({"issued", "registered"})
  /\ At(n)

Earlier(a, b) == IF a < b THEN a ELSE b

Register(t, n) ==
  /\ \/ /\ RegisterAnswer(t, n) = "ok"
        /\ Pend(t, n, Earlier(Plus(n, AckDeadline), end[t]))
        /\ Count({"registered"})
     \/ RegisterAnswer(t, n) = "ErrTokenExpired" /\ Revoke(t)
  /\ At(n)

(***************************************************************************)
(* Consuming a token does not end a handoff that is pending on it: the ACK *)
(* does. A token with nothing pending on it has served its purpose, and is *)
(* revoked.                                                                *)
(***************************************************************************)
Consume(t, presented, n) ==
  LET answer == ConsumeAnswer(t, presented, n)
  IN /\ \/ /\ answer = "ok" /\ Pending(t)
           /\ consumed' = consumed \cup {t}
           /\ UNCHANGED <<token, handoff, end, since, stats, begun, left>>
        \/ answer = "ErrTokenExpired" /\ Pending(t) /\ Leave(t, "expired")
        \/ answer \in {"ok", "ErrTokenExpired"} /\ ~Pending(t) /\ Revoke(t)
     /\ At(n)

(***************************************************************************)
(* A late ACK ends the handoff as expired, so no sweep reports it again.   *)
(***************************************************************************)
Acknowledge(t, n) ==
  /\ \/ AcknowledgeAnswer(t, n) = "ok" /\ Leave(t, "acknowledged")
     \/ AcknowledgeAnswer(t, n) = "DeadlineError" /\ Leave(t, "expired")
  /\ At(n)

Abandon(t) ==
  /\ \/ AbandonAnswer(t) = "ok" /\ Leave(t, "abandoned")
     \/ AbandonAnswer(t) = "revoked" /\ Revoke(t)
  /\ Timeless

Expire(t, n) == ExpireAnswer(t, n) = "ok" /\ Leave(t, "expired") /\ At(n)
Drop(t, n)   == DropAnswer(t, n) = "ok" /\ Revoke(t) /\ At(n)
------------------------------------------------------------------------------
StartSweep(n) ==
  /\ ~closed /\ SweepAnswer = "idle"
  /\ sweeping' = n
  /\ now' = n
  /\ UNCHANGED <<record, closed, taken>>

SweepOne(t) ==
  /\ SweepAnswer = "more"
  /\ t \in Oldest(sweeping)
  /\ \/ ExpireAnswer(t, sweeping) = "ok" /\ Leave(t, "expired")
     \/ DropAnswer(t, sweeping) = "ok" /\ Revoke(t)
  /\ taken' = taken \cup {t}
  /\ now' = sweeping
  /\ UNCHANGED <<closed, sweeping>>

Sweep ==
  /\ SweepAnswer = "ok"
  /\ sweeping' = NoSweep
  /\ taken' = {}
  /\ now' = sweeping
  /\ UNCHANGED <<record, closed>>

Close ==                        \* first refuses everything else
  /\ CloseAnswer = "ok"
  /\ closed' = TRUE
  /\ UNCHANGED <<record, now, sweep>>

CloseOne(t) ==                  \* and then ends each record
  /\ closed
  /\ \/ Pending(t) /\ Leave(t, "abandoned")
     \/ Issued(t) /\ Revoke(t)
  /\ Timeless
------------------------------------------------------------------------------
Next ==
  \/ \E t \in Tokens, n \in Instants :
       \/ Issue(t, n) \/ Begin(t, n) \/ Register(t, n)
       \/ Acknowledge(t, n) \/ Expire(t, n) \/ Drop(t, n)
       \/ \E presented \in Tokens : Consume(t, presented, n)
  \/ \E t \in Tokens : Abandon(t) \/ CloseOne(t) \/ SweepOne(t)
  \/ \E n \in Instants : StartSweep(n)
  \/ Sweep
  \/ Close

Spec == Init /\ [][Next]_vars
------------------------------------------------------------------------------
(***************************************************************************)
(* With the mapping Life, this is module Handoff.                          *)
(***************************************************************************)
Life ==
  [t \in Tokens |-> IF handoff[t] # "none" THEN handoff[t]
                    ELSE CASE token[t] = "fresh" -> "unborn"
                           [] token[t] = "live"  -> "issued"
                           [] token[t] = "dead"  -> "revoked"]

Abstract == INSTANCE Handoff WITH life <- Life

FollowsHandoff == [][Abstract!Next]_Life
RefinesHandoff == Abstract!Init /\ FollowsHandoff   \* that is, Abstract!Spec

THEOREM Spec => []TypeOK /\ RefinesHandoff
==============================================================================
