--------------------------------- MODULE MC ----------------------------------
(***************************************************************************)
(* Bounds only: what TLC needs to check module Guarantees, and what a      *)
(* reader of the specification need not know. The constants are in the     *)
(* configurations MC*.cfg.                                                 *)
(***************************************************************************)
EXTENDS Guarantees, TLC

(***************************************************************************)
(* Tokens are interchangeable. For safety properties only.                 *)
(***************************************************************************)
Symmetry == Permutations(Tokens)

(***************************************************************************)
(* Replaces StartSweep where a model leaves the sweep out: its steps are   *)
(* Expire and Drop steps, which remain.                                    *)
(***************************************************************************)
NoSweepStarts(n) == FALSE
==============================================================================
