--------------------------------- MODULE MC ----------------------------------
(***************************************************************************)
(* Nothing but bounds: what TLC needs to check module Guarantees, and what *)
(* no reader of the specification needs to know.  The constants stand in   *)
(* the configurations MC*.cfg.                                             *)
(***************************************************************************)
EXTENDS Guarantees, TLC

(***************************************************************************)
(* Tokens may be exchanged for one another.  For safety only.              *)
(***************************************************************************)
Symmetry == Permutations(Tokens)

(***************************************************************************)
(* In place of StartSweep, where a model leaves the sweep out: its steps   *)
(* are Expire and Drop steps, which remain.                                *)
(***************************************************************************)
NoSweepStarts(n) == FALSE
==============================================================================
