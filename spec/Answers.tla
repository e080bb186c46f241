------------------------------- MODULE Answers -------------------------------
(***************************************************************************)
(* The state of a registry of handoffs, and what it answers in each state. *)
(* Every operation has ONE answer operator, such as AcknowledgeAnswer; its *)
(* checks stand in the order in which they are made.  What an operation    *)
(* then does is in module HandoffAck.                                      *)
(*                                                                         *)
(* The token's liveness and the handoff's state are separate variables on  *)
(* purpose, so that "left but not revoked" is a state that can be written  *)
(* down and refuted. Module Inductive shows that they never disagree,      *)
(* which is why the code may keep both in one record.                      *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANTS
  Tokens,       \* the tokens; each is one life, and is issued at most once
  MaxPending,   \* how many tokens may be live at once
  AckDeadline,  \* how long a handoff may be pending
  TokenTTL,     \* how long a token may live
  Horizon       \* the last instant; any sum beyond it is Never

ASSUME /\ {MaxPending, AckDeadline, TokenTTL, Horizon} \subseteq Nat \ {0}
       /\ AckDeadline <= TokenTTL

VARIABLES
  token,      \* token[t] is "fresh" until issued, then "live", then "dead"
  handoff,    \* handoff[t] is "none" until registered, then "pending", then its outcome
  end,        \* end[t] is the instant at which the live token t ends
  since,      \* since[t] is the instant at which the pending handoff t was registered
  consumed,   \* the live tokens that were presented and accepted
  closed,     \* whether Close has been called
  now,        \* the time parameter of the latest step that has one
  sweeping,   \* the instant of the sweep that is under way, or NoSweep
  taken,      \* ghost: the tokens that this sweep has taken so far
  stats,      \* the counters that the registry reports
  begun,      \* ghost: begun[t] counts how often t was reported to be pending
  left        \* ghost: left[t] counts how often t was reported to have left

Instants == 0..Horizon
Never    == Horizon + 1   \* no instant reaches it
NoSweep  == Never
Outcomes == {"acknowledged", "expired", "abandoned"}
Counters == {"issued", "revoked", "registered"} \cup Outcomes

TypeOK ==
  /\ token \in [Tokens -> {"fresh", "live", "dead"}]
  /\ handoff \in [Tokens -> {"none", "pending"} \cup Outcomes]
  /\ end \in [Tokens -> 0..Never]
  /\ since \in [Tokens -> Instants]
  /\ consumed \subseteq Tokens
  /\ closed \in BOOLEAN
  /\ now \in Instants
  /\ sweeping \in Instants \cup {NoSweep}
  /\ taken \subseteq Tokens
  /\ stats \in [Counters -> Nat]
  /\ begun \in [Tokens -> Nat]
  /\ left \in [Tokens -> Nat]
------------------------------------------------------------------------------
(***************************************************************************)
(* Time. Over is the only definition of "too late" (G3), Plus the only     *)
(* sum, and Waited the only difference (G8).                               *)
(***************************************************************************)
Over(n, e)   == e # Never /\ n >= e
Plus(n, d)   == IF n + d > Horizon THEN Never ELSE n + d
Waited(t, n) == IF n > since[t] THEN n - since[t] ELSE 0

Live       == {t \in Tokens : token[t] = "live"}
Pending(t) == handoff[t] = "pending"
Issued(t)  == token[t] = "live" /\ handoff[t] = "none"
Full       == Cardinality(Live) >= MaxPending
------------------------------------------------------------------------------
(***************************************************************************)
(* Drop is a step inside other operations: the registry drops an issued    *)
(* token whose end is reached when it sweeps, and when Issue or Begin      *)
(* finds it full. The specification allows it at any time: it promises     *)
(* which tokens are dropped, not when.                                     *)
(***************************************************************************)
DropAnswer(t, n) ==
  IF ~closed /\ Issued(t) /\ Over(n, end[t]) THEN "ok" ELSE "none"

(***************************************************************************)
(* For t in Draws, the tokens that the random source may yield: a fresh    *)
(* token, or one that is live already. (If the bytes of a revoked token    *)
(* come up again, they are another life, hence another member of Tokens.)  *)
(* "Drop" is not a final answer: the call takes Drop steps first.          *)
(***************************************************************************)
Draws == {t \in Tokens : token[t] # "dead"}

IssueAnswer(t, n) ==
  IF closed THEN "ErrClosed"
  ELSE IF Full /\ \E u \in Tokens : DropAnswer(u, n) = "ok" THEN "Drop"
  ELSE IF Full THEN "ErrFull"
  ELSE IF token[t] # "fresh" THEN "ErrCollision"
  ELSE "ok"

BeginAnswer(t, n) == IssueAnswer(t, n)

RegisterAnswer(t, n) ==
  IF closed THEN "ErrClosed"
  ELSE IF token[t] # "live" THEN "ErrTokenNotLive"
  ELSE IF Pending(t) THEN "ErrAlreadyPending"
  ELSE IF Over(n, end[t]) THEN "ErrTokenExpired"
  ELSE "ok"

ConsumeAnswer(expected, presented, n) ==
  IF closed THEN "ErrClosed"
  ELSE IF token[expected] # "live" \/ expected \in consumed THEN "ErrTokenNotLive"
  ELSE IF Over(n, end[expected]) THEN "ErrTokenExpired"
  ELSE IF presented # expected THEN "ErrTokenMismatch"
  ELSE "ok"

AcknowledgeAnswer(t, n) ==
  IF closed THEN "ErrClosed"
  ELSE IF ~Pending(t) THEN "ErrNotPending"
  ELSE IF Over(n, end[t]) THEN "DeadlineError"
  ELSE "ok"

AbandonAnswer(t) ==     \* the caller cannot distinguish the last two
  IF ~closed /\ Pending(t) THEN "ok"
  ELSE IF ~closed /\ token[t] = "live" THEN "revoked"
  ELSE "none"

ExpireAnswer(t, n) ==
  IF ~closed /\ Pending(t) /\ Over(n, end[t]) THEN "ok" ELSE "none"
------------------------------------------------------------------------------
(***************************************************************************)
(* ExpireOverdue takes one record in each step, the one with the earliest  *)
(* end; its last step is Sweep, when no end is reached or Close has come   *)
(* in between.                                                             *)
(***************************************************************************)
Overdue(n) == {t \in Live : Over(n, end[t])}
Oldest(n)  == {t \in Overdue(n) : \A u \in Overdue(n) : end[t] <= end[u]}

SweepAnswer ==
  IF sweeping = NoSweep THEN "idle"
  ELSE IF ~closed /\ Overdue(sweeping) # {} THEN "more"
  ELSE "ok"

NextDeadline ==         \* the first instant at which a sweep has work; Never: none
  IF closed \/ Live = {} THEN Never
  ELSE CHOOSE e \in 0..Never : /\ \E t \in Live : end[t] = e
                               /\ \A t \in Live : e <= end[t]

CloseAnswer == IF closed THEN "none" ELSE "ok"
==============================================================================
