-------------------------- MODULE ProtocolLiveness --------------------------
(***************************************************************************)
(* Every client ends, whoever dies or is stuck for ever, but for what no   *)
(* protocol can help.                                                      *)
(*                                                                         *)
(* Assumed: whoever is neither dead nor stuck goes on, a server comes to   *)
(* its end, and time passes.  Nobody is assumed to accept or to refuse an  *)
(* offer.                                                                  *)
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
(* Beyond help: the broker is stuck; an owner is; or the broker is dead    *)
(* and a holder is stuck.  Only the client's own patience ends that.       *)
(***************************************************************************)
Stuck(t) == alive[via[t]] = "frozen" /\ copy[t] \in {"flight", "open", "adopted"}

BeyondHelp ==
  \/ broker = "frozen"
  \/ \E t \in Begun : Stuck(t) /\ (Owns(t) \/ life[t] = "acknowledged" \/ broker = "dead")

EveryClientEnds == <>(client \notin {"waiting", "adopted"} \/ BeyondHelp)

(***************************************************************************)
(* And in the end every copy is closed, but for those of the stuck ones.   *)
(***************************************************************************)
EveryCopyCloses ==
  <>[](\/ \A t \in Begun : copy[t] \in {"none", "closed"} \/ Stuck(t)
       \/ broker = "frozen")

THEOREM FairSpec => EveryClientEnds /\ EveryCopyCloses
=============================================================================
