-------------------------- MODULE HandoffProtocol ---------------------------
(***************************************************************************)
(* The handoff of one client connection: the steps of broker, backends and *)
(* client in any order, with time passing between any two of them, and     *)
(* with at most MaxFaults of the faults in Faults.                         *)
(*                                                                         *)
(* A reading of the clock, a send and a decision are separate steps. The   *)
(* facts about the kernel that ownership rests on are in ProtocolState.    *)
(*                                                                         *)
(* Left out: other connections on the same links (their frames do not      *)
(* concern this connection); bytes; hello, pings and draining; the choice  *)
(* of a backend; how long a party waits (a party that waits may stop       *)
(* waiting at any time); the client's own timeout; the order in which the  *)
(* descriptors of a process are closed when it dies.                       *)
(***************************************************************************)
EXTENDS ProtocolBackend, ProtocolBroker

Tick ==
  /\ clock < Horizon
  /\ clock' = clock + 1
  /\ UNCHANGED <<faults, kernel, customer, brokers, backends>>
------------------------------------------------------------------------------
(***************************************************************************)
(* The client.                                                             *)
(***************************************************************************)
ReadFirst ==                    \* ReadReady or ReadFallback
  /\ client = "waiting"
  /\ \E t \in written : client' = IF t = 0 THEN "fallback" ELSE "adopted"
  /\ UNCHANGED <<clock, faults, kernel, kind, brokers, backends>>

ReadEnd ==                      \* before ready it is Doubt, for a client that expects ready
  /\ EndOfFile
  /\ \/ /\ client = "waiting" /\ written = {}
        /\ client' = IF kind = "explicit" THEN "doubt" ELSE "ended"
     \/ client = "adopted" /\ client' = "ended"
  /\ UNCHANGED <<clock, faults, kernel, kind, brokers, backends>>

ClientStep == ReadFirst \/ ReadEnd
------------------------------------------------------------------------------
(***************************************************************************)
(* Faults.                                                                 *)
(***************************************************************************)
Fault(f) == f \in Faults /\ faults < MaxFaults /\ faults' = faults + 1

FaultOf(f, b) == Fault(f) /\ On(b) # {}

HangUp ==
  /\ Fault("hangup") /\ client # "gone"
  /\ client' = "gone"
  /\ UNCHANGED <<clock, kernel, kind, brokers, backends>>

BackendCrash(b) ==
  LET T == {t \in On(b) : copy[t] \in {"flight", "open", "adopted"}}
  IN /\ FaultOf("crash", b) /\ alive[b] # "dead"
     /\ alive' = [alive EXCEPT ![b] = "dead"]
     /\ copy' = CloseAll(T)
     /\ stage' = [t \in Attempts |-> IF t \notin On(b) THEN stage[t]
                    ELSE IF stage[t] \in {"owner", "serving", "ended"} THEN "ended" ELSE "gone"]
     /\ down' = [down EXCEPT ![b] = <<>>]
     /\ link' = [link EXCEPT ![b] = IF @ \in {"up", "cut"} THEN "left" ELSE @]
     /\ UNCHANGED <<clock, up, shut, written, customer, brokers>>

BrokerCrash ==                  \* its registry is lost too
  /\ Fault("brokercrash") /\ broker # "dead"
  /\ broker' = "dead"
  /\ copy' = Close(0)
  /\ conn' = "done"
  /\ link' = [b \in Backends |-> "closed"]
  /\ up' = [b \in Backends |-> <<>>]
  /\ held' = [b \in Backends |-> <<>>]
  /\ due' = [b \in Backends |-> NoReading]
  /\ drained' = {}
  /\ owes' = [t \in Attempts |-> "nothing"]
  /\ UNCHANGED <<clock, down, shut, written, customer, registry, sent, settled, backends>>

BackendFreeze(b) ==             \* permanently
  /\ FaultOf("freeze", b) /\ alive[b] = "up"
  /\ alive' = [alive EXCEPT ![b] = "frozen"]
  /\ UNCHANGED <<clock, kernel, customer, brokers, stage>>

BrokerFreeze ==
  /\ Fault("brokerfreeze") /\ broker = "up"
  /\ broker' = "frozen"
  /\ UNCHANGED <<clock, kernel, customer, conn, registry, sent, settled, owes, reader, backends>>

Cut(b) ==                       \* by a third party
  /\ FaultOf("cut", b) /\ link[b] = "up"
  /\ link' = [link EXCEPT ![b] = "cut"]
  /\ UNCHANGED <<clock, down, up, copy, shut, written, customer, brokers, backends>>

LeaveLink(b) ==                 \* a backend holds no unowned connection when it closes its end
  /\ FaultOf("leave", b) /\ alive[b] = "up" /\ link[b] = "up"
  /\ \A t \in On(b) : stage[t] \notin Unowned
  /\ link' = [link EXCEPT ![b] = "left"]
  /\ down' = [down EXCEPT ![b] = <<>>]
  /\ copy' = CloseAll({t \in On(b) : copy[t] = "flight"})
  /\ UNCHANGED <<clock, up, shut, written, customer, brokers, backends>>

DropLink(b) ==                  \* by the broker, which still reads what is queued
  /\ FaultOf("drop", b) /\ broker = "up" /\ link[b] = "up"
  /\ link' = [link EXCEPT ![b] = "shutrd"]
  /\ UNCHANGED <<clock, down, up, copy, shut, written, customer, brokers, backends>>

AfterGivingUp == "doomed"

GiveUp(t) ==                    \* without waiting for the proof that no ACK was sent
  /\ Fault("giveup") /\ broker = "up" /\ life[t] = "pending" /\ sent[t] # "no"
  /\ ToLife(t, "abandoned")
  /\ conn' = AfterGivingUp
  /\ Owe(t, "revoke")
  /\ UNCHANGED <<clock, kernel, customer, broker, via, since, sent, settled, reader, backends>>

(***************************************************************************)
(* A peer that lies: it sends the ACK of another attempt, or its own once  *)
(* more, also when the attempt has ended. (If it sends an ACK and has      *)
(* given the connection back, it loses the connection: that concerns       *)
(* nobody else.)                                                           *)
(***************************************************************************)
Stray(b, t) ==
  /\ Fault("stray") /\ t \in Begun /\ alive[b] = "up" /\ CanSendUp(b)
  /\ via[t] = b => stage[t] \notin {"none", "held", "refusing", "refused"}
  /\ up' = Send(up, b, "ack", t)
  /\ UNCHANGED <<clock, link, down, copy, shut, written, customer, brokers, backends>>

Garble(b) ==
  /\ FaultOf("garble", b) /\ alive[b] = "up" /\ CanSendUp(b)
  /\ up' = Send(up, b, "garbage", 0)
  /\ UNCHANGED <<clock, link, down, copy, shut, written, customer, brokers, backends>>

GoesWrong ==
  \/ \E b \in Backends : \/ BackendCrash(b) \/ BackendFreeze(b) \/ Cut(b) \/ LeaveLink(b)
                         \/ DropLink(b) \/ Garble(b) \/ \E t \in Attempts : Stray(b, t)
  \/ \E t \in Attempts : GiveUp(t)
  \/ HangUp \/ BrokerCrash \/ BrokerFreeze
------------------------------------------------------------------------------
Next == Tick \/ ClientStep \/ BrokerStep \/ BackendStep \/ GoesWrong

Spec == Init /\ [][Next]_vars
=============================================================================
