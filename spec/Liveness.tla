------------------------------ MODULE Liveness -------------------------------
(***************************************************************************)
(* G7: if sweeps are repeated, every record ends.                          *)
(*                                                                         *)
(* Fairness assumptions: the clock does not step back (a sweep under way   *)
(* keeps the instant that it started with); a sweep and a Close that have  *)
(* begun continue; and a sweep begins at a later instant eventually        *)
(* (strong fairness, because sweeps at the same instant may come in        *)
(* between without end). Nobody is assumed to acknowledge, to abandon or   *)
(* to close.                                                               *)
(***************************************************************************)
EXTENDS Guarantees

Forward == now' >= now \/ (sweeping # NoSweep /\ now' = sweeping)

Later == StartSweep(IF now < Horizon THEN now + 1 ELSE now)

Progress == /\ WF_vars(\E t \in Tokens : SweepOne(t))
            /\ WF_vars(Sweep)
            /\ WF_vars(\E t \in Tokens : CloseOne(t))

Swept   == Init /\ [][Next /\ Forward]_vars /\ Progress /\ SF_vars(Later)
Unswept == Init /\ [][Next /\ Forward]_vars /\ Progress
------------------------------------------------------------------------------
HasEnd(t) == end[t] # Never \/ closed

(***************************************************************************)
(* Every handoff and every token ends, except those whose end is Never;    *)
(* and Close ends those too.                                               *)
(***************************************************************************)
Ends ==
  /\ \A t \in Tokens : (Pending(t) /\ HasEnd(t)) ~> Settled(t)
  /\ \A t \in Tokens : (token[t] = "live" /\ HasEnd(t)) ~> token[t] = "dead"

THEOREM Swept => Ends

(***************************************************************************)
(* Not theorems: that a deadline saturated to Never is reached all the     *)
(* same, and that anything ends without a sweep (Unswept => Ends).         *)
(***************************************************************************)
EvenNeverEnds == \A t \in Tokens : Pending(t) ~> Settled(t)
==============================================================================
