------------------------------- MODULE Handoff -------------------------------
(***************************************************************************)
(* The life of a handoff, and nothing else: a token is issued, a handoff   *)
(* becomes pending under it, and the handoff leaves with exactly one       *)
(* outcome.  Every token is one life, and one step changes one life.       *)
(*                                                                         *)
(* Left out: time, capacity, the sweep, closing, and who calls.  Module    *)
(* HandoffAck adds them and refines this module: whatever it does to a     *)
(* token is one of the arrows below, or nothing.                           *)
(***************************************************************************)
CONSTANT Tokens     \* the tokens; each of them is one life, lived at most once

VARIABLE life       \* life[t] is how far the life of token t has come

Outcomes == {"acknowledged", "expired", "abandoned"}

(***************************************************************************)
(* "revoked" is the end of a token under which no handoff was ever         *)
(* pending; a token whose handoff has left is just as dead.                *)
(***************************************************************************)
TypeOK ==
  life \in [Tokens -> {"unborn", "issued", "pending", "revoked"} \cup Outcomes]

Init == life = [t \in Tokens |-> "unborn"]
------------------------------------------------------------------------------
Move(t, from, to) == life[t] = from /\ life' = [life EXCEPT ![t] = to]

Issue(t)       == Move(t, "unborn", "issued")
Register(t)    == Move(t, "issued", "pending")
Begin(t)       == Move(t, "unborn", "pending")   \* Issue and Register at once
Revoke(t)      == Move(t, "issued", "revoked")
Acknowledge(t) == Move(t, "pending", "acknowledged")
Expire(t)      == Move(t, "pending", "expired")
Abandon(t)     == Move(t, "pending", "abandoned")

Next == \E t \in Tokens :
          \/ Issue(t) \/ Register(t) \/ Begin(t) \/ Revoke(t)
          \/ Acknowledge(t) \/ Expire(t) \/ Abandon(t)

Spec == Init /\ [][Next]_life
------------------------------------------------------------------------------
Over(t) == life[t] \in Outcomes \cup {"revoked"}

(***************************************************************************)
(* What is over stays as it is.                                            *)
(***************************************************************************)
TerminalIsAbsorbing ==
  [][\A t \in Tokens : Over(t) => life'[t] = life[t]]_life

(***************************************************************************)
(* One step changes one life.                                              *)
(***************************************************************************)
OneLifeAStep ==
  [][\A t, u \in Tokens : life'[t] # life[t] /\ life'[u] # life[u] => t = u]_life

THEOREM Spec => []TypeOK /\ TerminalIsAbsorbing /\ OneLifeAStep
------------------------------------------------------------------------------
(***************************************************************************)
(* With somebody who ends what is pending, every pending handoff ends.     *)
(* This is an assumption here; module Liveness names who that is.          *)
(***************************************************************************)
FairSpec == Spec /\ \A t \in Tokens : WF_life(Expire(t))

Ends == \A t \in Tokens : life[t] = "pending" ~> life[t] \in Outcomes

THEOREM FairSpec => Ends

(***************************************************************************)
(* Not a theorem: a pending handoff need not ever be acknowledged.         *)
(***************************************************************************)
EndsWell == \A t \in Tokens : life[t] = "pending" ~> life[t] = "acknowledged"
==============================================================================
