------------------------------ MODULE Liveness -------------------------------
(***************************************************************************)
(* G7: if somebody sweeps again and again, everything ends.                *)
(*                                                                         *)
(* Assumed: the clock does not step back (a sweep under way keeps the      *)
(* instant that it was handed); a sweep and a Close that have begun go on; *)
(* and time does not stand still for ever: sooner or later a sweep begins  *)
(* at a later instant (strong fairness, because sweeps at the same instant *)
(* may come between for ever).  Nobody is assumed to acknowledge, to       *)
(* abandon or to close.                                                    *)
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
(* Every handoff and every token ends, but for those that never do; and    *)
(* Close ends those too.                                                   *)
(***************************************************************************)
Ends ==
  /\ \A t \in Tokens : (Pending(t) /\ HasEnd(t)) ~> Settled(t)
  /\ \A t \in Tokens : (token[t] = "live" /\ HasEnd(t)) ~> token[t] = "dead"

THEOREM Swept => Ends

(***************************************************************************)
(* Not theorems: that a deadline saturated to Never comes all the same,    *)
(* and that anything ends without a sweep (Unswept => Ends).               *)
(***************************************************************************)
EvenNeverEnds == \A t \in Tokens : Pending(t) ~> Settled(t)
==============================================================================
