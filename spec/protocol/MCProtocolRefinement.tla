------------------------ MODULE MCProtocolRefinement ------------------------
(***************************************************************************)
(* Bounds for module ProtocolRefinement, as in MCProtocol, and the fault   *)
(* that it must find.                                                      *)
(***************************************************************************)
EXTENDS ProtocolRefinement, TLC

Symmetry == Permutations(Backends)

ClientDoesNotRead == FALSE              \* ClientStep

TickToDeadline ==                       \* Tick
  /\ clock < Horizon /\ \E t \in Begun : ~Over(clock, t)
  /\ clock' = clock + 1
  /\ UNCHANGED <<faults, kernel, customer, brokers, backends>>

AckWhenever(b) ==                       \* Acknowledge: does not look at the clock
  LET t == Subject(b)
  IN /\ InHand(b, "ack") /\ held[b][1].read # NoReading /\ AckCounts(b, t)
     /\ ToLife(t, "acknowledged")
     /\ conn' = "acked"
     /\ Owe(t, "commit")
     /\ PutDown(b)
     /\ UNCHANGED <<clock, faults, kernel, customer, broker, via, since, sent, settled,
                    due, drained, backends>>
=============================================================================
