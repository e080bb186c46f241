------------------------------- MODULE Handoff -------------------------------
(***************************************************************************)
(* The life of a handoff, and nothing else: a token is issued, a handoff   *)
(* becomes pending under it, and the handoff leaves with exactly one       *)
(* outcome.  Every token is one life, and one step changes one life.       *)
(*                                                                         *)
(* Left out: time, capacity, the sweep, Close, and who calls. Module       *)
(* HandoffAck adds them and refines this module: every step of it is, for  *)
(* each token, one of the steps below or no change.                        *)
(***************************************************************************)
CONSTANT Tokens     \* the tokens; each is one life, and is issued at most once

VARIABLE life       \* life[t] is the state of the life of token t

Outcomes == {"acknowledged", "expired", "abandoned"}

(***************************************************************************)
(* "revoked" is the end of a token on which no handoff was ever pending. A *)
(* token whose handoff has left is revoked too.                            *)
(***************************************************************************)
TypeOK ==
  life \in [Tokens -> {"unborn", "issued", "pending", "revoked"} \cup Outcomes]

Init == life = [t \in Tokens |-> "unborn"]
------------------------------------------------------------------------------
Move(t, from, to) == life[t] = from /\ life' = [life EXCEPT ![t] = to]

Issue(t)       == Move(t, "unborn", "issued")
Register(t)    == Move(t, "issued", "pending")
Begin(t)       == Move(t, "unborn", "pending")   \* Issue and Register in one step
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
(* A life that has ended does not change.                                  *)
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
(* If somebody ends pending handoffs, every pending handoff ends. That is  *)
(* an assumption here; module Liveness says which step must be taken.      *)
(***************************************************************************)
FairSpec == Spec /\ \A t \in Tokens : WF_life(Expire(t))

Ends == \A t \in Tokens : life[t] = "pending" ~> life[t] \in Outcomes

THEOREM FairSpec => Ends

(***************************************************************************)
(* Not a theorem: that a pending handoff is acknowledged some time.        *)
(***************************************************************************)
EndsWell == \A t \in Tokens : life[t] = "pending" ~> life[t] = "acknowledged"
==============================================================================
