----------------------------- MODULE MCProtocol -----------------------------
(***************************************************************************)
(* Bounds for TLC only: what a reader of the protocol need not know. The   *)
(* constants are in the configurations MCProtocol*.cfg.                    *)
(***************************************************************************)
EXTENDS ProtocolLiveness, TLC

(***************************************************************************)
(* Backends are interchangeable. For safety properties only, and where all *)
(* links are in the same mode.                                             *)
(***************************************************************************)
Symmetry == Permutations(Backends)

(***************************************************************************)
(* In place of Candidates, instead of Symmetry where liveness is asked     *)
(* for: the first offer goes to one of them.                               *)
(***************************************************************************)
OneFirst(t) == IF t = 1 THEN {CHOOSE b \in Backends : TRUE} ELSE Backends

(***************************************************************************)
(* In place of Tick: time passes while a deadline is to come.  At other    *)
(* times nobody can tell one instant from another.                         *)
(***************************************************************************)
TickToDeadline ==
  /\ clock < Horizon /\ \E t \in Begun : ~Over(clock, t)
  /\ clock' = clock + 1
  /\ UNCHANGED <<faults, kernel, customer, brokers, backends>>

(***************************************************************************)
(* In place of ClientStep, where only safety is asked for: nobody sees the *)
(* client read, and the guarantees speak of what there is to be read.      *)
(***************************************************************************)
ClientDoesNotRead == FALSE
=============================================================================
