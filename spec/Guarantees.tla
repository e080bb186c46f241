----------------------------- MODULE Guarantees ------------------------------
(***************************************************************************)
(* What HandoffAck promises: the guarantees G1 to G8. Each is one          *)
(* definition made of named clauses, so that TLC names the clause that is  *)
(* broken.                                                                 *)
(*                                                                         *)
(* They compare instants by plain < and >= and never by the Over and Plus  *)
(* of the specification, so that a fault in those cannot hide itself.      *)
(*                                                                         *)
(* G7 promises what happens eventually, and needs assumptions: its other   *)
(* half, Ends, is in module Liveness. The other half of G5, the cost of a  *)
(* step, cannot be expressed here.                                         *)
(***************************************************************************)
EXTENDS HandoffAck

Settled(t) == handoff[t] \in Outcomes
Leaves(t)  == Pending(t) /\ ~Pending(t)'
Pends(t)   == ~Pending(t) /\ Pending(t)'
------------------------------------------------------------------------------
(***************************************************************************)
(* G1. Every handoff that was reported to be pending is still pending, or  *)
(* was reported to have left exactly once. Its outcome comes from pending, *)
(* and is final.                                                           *)
(***************************************************************************)
LeftOnce ==
  \A t \in Tokens : /\ begun[t] = left[t] + (IF Pending(t) THEN 1 ELSE 0)
                    /\ begun[t] <= 1
OutcomeIsFinal ==
  [][\A t \in Tokens : /\ Settled(t) => handoff'[t] = handoff[t]
                       /\ Settled(t)' => Settled(t) \/ Pending(t)]_vars

LeavesExactlyOnce == []LeftOnce /\ OutcomeIsFinal

(***************************************************************************)
(* G1, after Close. A closed registry refuses everything, permanently.     *)
(***************************************************************************)
ClosedRefuses ==
  closed => \A t, u \in Tokens, n \in Instants :
    /\ {IssueAnswer(t, n), BeginAnswer(t, n), RegisterAnswer(t, n),
        ConsumeAnswer(t, u, n), AcknowledgeAnswer(t, n)} = {"ErrClosed"}
    /\ {AbandonAnswer(t), ExpireAnswer(t, n), DropAnswer(t, n)} = {"none"}
ClosedForGood == [][closed => closed']_vars

StaysClosed == []ClosedRefuses /\ ClosedForGood

(***************************************************************************)
(* G2. The token of a handoff that has left is revoked. A revoked token is *)
(* refused on every path, and stays revoked. A live token can be revoked   *)
(* at any time.                                                            *)
(***************************************************************************)
SettledIsDead == \A t \in Tokens : Settled(t) => token[t] = "dead"
DeadIsRefused ==
  \A t, u \in Tokens, n \in Instants : token[t] = "dead" =>
    /\ RegisterAnswer(t, n) \in {"ErrTokenNotLive", "ErrClosed"}
    /\ ConsumeAnswer(t, u, n) \in {"ErrTokenNotLive", "ErrClosed"}
    /\ AcknowledgeAnswer(t, n) \in {"ErrNotPending", "ErrClosed"}
LiveIsRevocable == \A t \in Live : closed \/ AbandonAnswer(t) # "none"
DeadStaysDead ==
  [][\A t \in Tokens : token[t] = "dead" => token'[t] = "dead"]_vars

AlwaysRevoked ==
  []SettledIsDead /\ []DeadIsRefused /\ []LiveIsRevocable /\ DeadStaysDead

(***************************************************************************)
(* G3. An end is the same instant for every operation: before it they      *)
(* succeed and nothing expires; from it on the record can only expire. The *)
(* end of a pending handoff does not change until it leaves.               *)
(***************************************************************************)
AnswersTurnAtEnd ==
  \A t \in Live, n \in Instants : ~closed =>
    LET Turns(answer, before, from) == answer = IF n < end[t] THEN before ELSE from
    IN /\ Pending(t) => /\ Turns(AcknowledgeAnswer(t, n), "ok", "DeadlineError")
                        /\ Turns(ExpireAnswer(t, n), "none", "ok")
       /\ Issued(t) => /\ Turns(RegisterAnswer(t, n), "ok", "ErrTokenExpired")
                       /\ Turns(DropAnswer(t, n), "none", "ok")
       /\ t \notin consumed => \A u \in Tokens :      \* for every token presented
            Turns(ConsumeAnswer(t, u, n), IF u = t THEN "ok" ELSE "ErrTokenMismatch", "ErrTokenExpired")
LeavesInTime ==
  [][\A t \in Tokens : Leaves(t) =>
       /\ handoff'[t] = "acknowledged" => now' < end[t]
       /\ handoff'[t] = "expired" => now' >= end[t]]_vars
EndIsKept ==
  [][\A t \in Tokens : Pending(t) /\ Pending(t)' => end'[t] = end[t]]_vars

OneDeadline == []AnswersTurnAtEnd /\ LeavesInTime /\ EndIsKept

(***************************************************************************)
(* G4. The token of a pending handoff is live. A handoff becomes pending   *)
(* on a token whose end is not reached (or on a new one), and ends no      *)
(* later than that token would have. It is acknowledged while its token is *)
(* live, before the end.                                                   *)
(***************************************************************************)
PendingIsLive == \A t \in Tokens : Pending(t) => token[t] = "live"
PendsUnderLive ==
  [][\A t \in Tokens : Pends(t) => \/ token[t] = "live" /\ now' < end[t]
                                   \/ token[t] = "fresh"]_vars
AcknowledgedUnderLive ==
  [][\A t \in Tokens : handoff'[t] = "acknowledged" /\ handoff[t] # "acknowledged" =>
       token[t] = "live" /\ now' < end[t]]_vars
EndNeverRises ==
  [][\A t \in Tokens :
       token[t] = "live" /\ token'[t] = "live" => end'[t] <= end[t]]_vars

OnlyLiveTokens ==
  []PendingIsLive /\ PendsUnderLive /\ AcknowledgedUnderLive /\ EndNeverRises

(***************************************************************************)
(* G4, for the token: it is accepted once, while it is live and before its *)
(* end.                                                                    *)
(***************************************************************************)
ConsumedIsRefused ==
  \A t \in consumed, u \in Tokens, n \in Instants :
    token[t] = "live" /\ ConsumeAnswer(t, u, n) \in {"ErrTokenNotLive", "ErrClosed"}
ConsumedInTime ==
  [][\A t \in consumed' \ consumed : token[t] = "live" /\ now' < end[t]]_vars

ConsumedOnce == []ConsumedIsRefused /\ ConsumedInTime

(***************************************************************************)
(* G5. The limit holds; a registry is full only at the limit, and only if  *)
(* nothing can be dropped; and a token that is not live has no record.     *)
(***************************************************************************)
WithinLimit == Cardinality(Live) <= MaxPending
FullAtLimit ==
  \A t \in Draws, n \in Instants :
    IssueAnswer(t, n) = "ErrFull" <=> /\ ~closed
                                      /\ Cardinality(Live) = MaxPending
                                      /\ \A u \in Live : Issued(u) => n < end[u]
DeadHoldsNothing ==
  \A t \in Tokens \ Live : end[t] = 0 /\ since[t] = 0 /\ t \notin consumed

Bounded == []WithinLimit /\ []FullAtLimit /\ []DeadHoldsNothing

(***************************************************************************)
(* G6. The counters add up at every instant, and their values are true.    *)
(***************************************************************************)
HowMany(state) == Cardinality({t \in Tokens : handoff[t] = state})
RegisteredAddsUp ==
  stats["registered"] = HowMany("pending") + stats["acknowledged"]
                        + stats["expired"] + stats["abandoned"]
IssuedAddsUp    == stats["issued"] = Cardinality(Live) + stats["revoked"]
OutcomesAreTrue == \A o \in Outcomes : stats[o] = HowMany(o)

Conserved == []RegisteredAddsUp /\ []IssuedAddsUp /\ []OutcomesAreTrue

(***************************************************************************)
(* G7, its safety part. A sweep that has finished leaves no live token     *)
(* whose end is reached, takes the earliest end first, and has work from   *)
(* NextDeadline on.                                                        *)
(***************************************************************************)
SweptClean ==
  [][sweeping # NoSweep /\ sweeping' = NoSweep /\ ~closed =>
       \A t \in Live : sweeping < end[t]]_vars
OldestFirst ==
  [][\A t \in taken' \ taken : \A u \in Live : end[t] <= end[u]]_vars
WorkFromNextDeadline ==
  ~closed => \A n \in Instants : n >= NextDeadline <=> \E t \in Live : n >= end[t]

SweepsAll == SweptClean /\ OldestFirst /\ []WorkFromNextDeadline

(***************************************************************************)
(* G8. An end is the true sum, and beyond the last instant it is Never,    *)
(* not now. A clock that steps back makes no wait negative.                *)
(***************************************************************************)
EndIsTrueSum ==
  [][\A t \in Tokens, n \in Instants :
       /\ token[t] = "fresh" /\ Issued(t)' =>
            (n >= end'[t] <=> n >= now' + TokenTTL)
       /\ token[t] = "fresh" /\ Pending(t)' =>
            (n >= end'[t] <=> n >= now' + AckDeadline)
       /\ Issued(t) /\ Pending(t)' =>
            (n >= end'[t] <=> n >= now' + AckDeadline \/ n >= end[t])]_vars
NoNegativeWait ==
  \A t \in Tokens, n \in Instants : Pending(t) => Waited(t, n) \in Instants

SaturatingTime == EndIsTrueSum /\ []NoNegativeWait
------------------------------------------------------------------------------
THEOREM Spec => /\ LeavesExactlyOnce /\ StaysClosed /\ AlwaysRevoked
                /\ OneDeadline /\ OnlyLiveTokens /\ ConsumedOnce /\ Bounded
                /\ Conserved /\ SweepsAll /\ SaturatingTime

(***************************************************************************)
(* Not theorems, although they look plausible: that a handoff always has   *)
(* the whole AckDeadline (its token may end before), and that a token is   *)
(* consumed before it is acknowledged (a backend in another process        *)
(* presents its token by the ACK).                                         *)
(***************************************************************************)
WholeDeadline ==
  \A t \in Tokens : Pending(t) => end[t] = Plus(since[t], AckDeadline)
ConsumedFirst ==
  [][\A t \in Tokens :
       Leaves(t) /\ handoff'[t] = "acknowledged" => t \in consumed]_vars
==============================================================================
