-------------------------- MODULE ProtocolLiveness --------------------------
(***************************************************************************)
(* Every client ends, whichever process dies or is stuck permanently,      *)
(* except where no protocol can help.                                      *)
(*                                                                         *)
(* Fairness assumptions: a party that is neither dead nor stuck continues, *)
(* a server ends its connection eventually, and time passes. No backend is *)
(* assumed to accept or to refuse an offer.                                *)
(***************************************************************************)
EXTENDS ProtocolGuarantees

GoesOn(b) ==
  \/ ReadOffer(b) \/ ReadCommit(b) \/ ReadRevoke(b) \/ BackendLinkEnd(b)
  \/ \E t \in On(b) : \/ BackendReadClock(t) \/ Serve(t) \/ EndServe(t)
                      \/ BackendCloseCopy(t) \/ SendNack(t) \/ SendReleased(t)

Fairness == /\ WF_vars(Tick)
            /\ WF_vars(ClientStep)
            /\ WF_vars(BrokerStep)
            /\ \A b \in Backends : WF_vars(GoesOn(b))

FairSpec == Spec /\ Fairness
------------------------------------------------------------------------------
(***************************************************************************)
(* Beyond help: the broker is stuck; an owner is stuck; or the broker is   *)
(* dead and a holder is stuck. Only the client's own timeout ends that.    *)
(***************************************************************************)
Stuck(t) == alive[via[t]] = "frozen" /\ copy[t] \in {"flight", "open", "adopted"}

BeyondHelp ==
  \/ broker = "frozen"
  \/ \E t \in Begun : Stuck(t) /\ (Owns(t) \/ life[t] = "acknowledged" \/ broker = "dead")

EveryClientEnds == <>(client \notin {"waiting", "adopted"} \/ BeyondHelp)

(***************************************************************************)
(* Eventually every copy is closed, except those of stuck processes.       *)
(***************************************************************************)
EveryCopyCloses ==
  <>[](\/ \A t \in Begun : copy[t] \in {"none", "closed"} \/ Stuck(t)
       \/ broker = "frozen")

THEOREM FairSpec => EveryClientEnds /\ EveryCopyCloses
=============================================================================
