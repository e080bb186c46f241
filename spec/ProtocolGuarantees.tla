------------------------- MODULE ProtocolGuarantees -------------------------
(***************************************************************************)
(* What HandoffProtocol promises. Each guarantee is one definition made of *)
(* named clauses, so that TLC names the clause that is broken. That every  *)
(* client ends is in module ProtocolLiveness.                              *)
(***************************************************************************)
EXTENDS HandoffProtocol

(***************************************************************************)
(* The parties that may read and write the connection. A backend that was  *)
(* fenced still counts: it may have executed something, and does not know  *)
(* yet.                                                                    *)
(***************************************************************************)
Owns(t)    == stage[t] \in {"owner", "serving"}
Owned(t)   == Owns(t) \/ stage[t] = "ended"
BrokerOwns == broker # "dead" /\ conn \in {"mine", "fallback", "proxy"}
Owners     == {t \in Attempts : Owns(t)} \cup (IF BrokerOwns THEN {0} ELSE {})
------------------------------------------------------------------------------
(***************************************************************************)
(* G9. At no time do two parties own the connection, and the broker never  *)
(* owns an acknowledged one again.                                         *)
(***************************************************************************)
OneOwner        == Cardinality(Owners) <= 1
NoReturn        == \A t \in Attempts : life[t] = "acknowledged" => ~BrokerOwns

SingleOwner == []OneOwner /\ []NoReturn

(***************************************************************************)
(* The client gets one answer: ready, from the backend that serves it, or  *)
(* fallback, which means that nobody owned the connection and nobody ever  *)
(* will.                                                                   *)
(***************************************************************************)
ToldOnce        == Cardinality(written) <= 1
ReadyByOwner    == \A t \in written \ {0} : stage[t] \in {"serving", "ended"}
FallbackUnowned == 0 \in written => \A t \in Attempts : ~Owned(t)

OneStory == []ToldOnce /\ []ReadyByOwner /\ []FallbackUnowned

(***************************************************************************)
(* A client that gets no answer before the end of file is in doubt. That   *)
(* happens only when somebody may have owned the connection: after a       *)
(* fence, after an ACK that counted, or when the broker is dead.           *)
(***************************************************************************)
NoNeedlessDoubt ==
  kind = "explicit" /\ EndOfFile /\ written = {} =>
    \/ shut \/ broker = "dead"
    \/ \E t \in Attempts : life[t] = "acknowledged"

DoubtIsEarned == []NoNeedlessDoubt

(***************************************************************************)
(* An acknowledged handoff is served, or will be, unless a process dies or *)
(* the link is cut: no commit is lost, and no revoke is sent in its place. *)
(***************************************************************************)
ServedUnlessLost ==
  \A t \in Attempts : life[t] = "acknowledged" /\ stage[t] \in {"revoked", "freed", "gone"} =>
    \/ alive[via[t]] = "dead" \/ broker = "dead"
    \/ "cut" \in Faults /\ link[via[t]] \in {"cut", "closed"}

AcknowledgedIsServed == []ServedUnlessLost

(***************************************************************************)
(* Nobody shuts down a connection of another. The connection is shut down  *)
(* by a backend that serves it, by the broker that owns it, and by the     *)
(* broker's fence; a fence ends no owner but that of the attempt it is     *)
(* for.                                                                    *)
(***************************************************************************)
ShutByRight ==
  [][~shut /\ shut' =>
       \/ \E t \in Attempts : stage[t] = "serving" /\ stage'[t] = "ended"
       \/ conn = "doomed" /\ conn' = "fenced"
       \/ BrokerOwns /\ conn' = "done"]_vars
FenceFitsAttempt ==
  conn = "doomed" => \A t \in Attempts : Owns(t) =>
                       t = Last /\ life[t] \in {"expired", "abandoned"}

NoFenceOfAnotherOwner == ShutByRight /\ []FenceFitsAttempt

(***************************************************************************)
(* G10. Every descriptor that was opened is in flight, open, adopted or    *)
(* closed, and which of these follows from the state of its holder: so     *)
(* none is lost, and none is open without a use.                           *)
(***************************************************************************)
SenderKeepsCopy == copy[0] = IF conn = "done" THEN "closed" ELSE "open"
HolderHoldsCopy ==
  \A t \in Attempts : /\ copy[t] = "open" <=> stage[t] \in Holding \cup {"owner"}
                      /\ copy[t] = "adopted" <=> stage[t] = "serving"
Queued(t)       == \E i \in DOMAIN down[via[t]] : down[via[t]][i] = <<"offer", t>>
FlightIsSent ==
  \A t \in Begun : IF Queued(t) THEN copy[t] = "flight"
                   ELSE copy[t] = "flight" => sent[t] = "part"

DescriptorConservation ==
  []SenderKeepsCopy /\ []HolderHoldsCopy /\ []FlightIsSent

(***************************************************************************)
(* A backend that is uncertain gets an answer: its attempt is pending, or  *)
(* commit or revoke is on the way, or its link has ended and it will see   *)
(* that.                                                                   *)
(***************************************************************************)
Told(t) == \E i \in DOMAIN down[via[t]] :
             down[via[t]][i] \in {<<"commit", t>>, <<"revoke", t>>}
NoneForgotten ==
  \A t \in Begun : stage[t] = "uncertain" =>
    \/ life[t] = "pending" \/ owes[t] # "nothing" \/ Told(t)
    \/ link[via[t]] \in {"cut", "closed"}

UncertainIsAnswered == []NoneForgotten

(***************************************************************************)
(* A token counts on its own link only.                                    *)
(***************************************************************************)
FramesOnOwnLink ==
  \A b \in Backends : \A i \in DOMAIN down[b] : via[down[b][i][2]] = b
AckedByOwnBackend ==
  \A t \in Attempts : life[t] = "acknowledged" =>
    stage[t] \notin {"none", "held", "refusing"}

TokenBoundToLink == []FramesOnOwnLink /\ []AckedByOwnBackend
------------------------------------------------------------------------------
THEOREM Spec => /\ []TypeOK /\ SingleOwner /\ OneStory /\ DoubtIsEarned
                /\ AcknowledgedIsServed /\ NoFenceOfAnotherOwner
                /\ DescriptorConservation /\ UncertainIsAnswered /\ TokenBoundToLink
=============================================================================
