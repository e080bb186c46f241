------------------------------ MODULE Inductive ------------------------------
(***************************************************************************)
(* An inductive invariant of HandoffAck: it holds initially, and every     *)
(* step from ANY state in which it holds, reachable or not, leads to a     *)
(* state in which it holds. TLC checks that with IndInv as the initial     *)
(* predicate. The clauses of the guarantees about one step are checked     *)
(* from all these states in the same run.                                  *)
(*                                                                         *)
(* The first half is why the code may keep a token and its handoff in one  *)
(* record: a token is live if and only if it is issued or pending, and of  *)
(* a revoked one only the outcome is known. The conjuncts stand in the     *)
(* order in which TLC can enumerate the states.                            *)
(***************************************************************************)
EXTENDS Guarantees

Tied(t) == CASE token[t] = "fresh" -> handoff[t] = "none"
             [] token[t] = "live"  -> handoff[t] \in {"none", "pending"}
             [] token[t] = "dead"  -> handoff[t] # "pending"

(***************************************************************************)
(* No end is reached at the instant at which a handoff becomes pending,    *)
(* none is pending for longer than AckDeadline, and only a pending one has *)
(* an instant in since.                                                    *)
(***************************************************************************)
Timed(t) ==
  /\ token[t] # "live" => end[t] = 0
  /\ Issued(t) => end[t] > 0
  /\ IF Pending(t) THEN since[t] < end[t] /\ end[t] <= Plus(since[t], AckDeadline)
                   ELSE since[t] = 0

Tally(c) ==
  CASE c = "issued"     -> Cardinality({t \in Tokens : token[t] # "fresh"})
    [] c = "revoked"    -> Cardinality({t \in Tokens : token[t] = "dead"})
    [] c = "registered" -> Cardinality({t \in Tokens : handoff[t] # "none"})
    [] c \in Outcomes   -> Cardinality({t \in Tokens : handoff[t] = c})

IndInv ==
  /\ token \in [Tokens -> {"fresh", "live", "dead"}]
  /\ Cardinality(Live) <= MaxPending
  /\ handoff \in [Tokens -> {"none", "pending"} \cup Outcomes]
  /\ \A t \in Tokens : Tied(t)
  /\ end \in [Tokens -> 0..Never]
  /\ since \in [Tokens -> Instants]
  /\ \A t \in Tokens : Timed(t)
  /\ consumed \in SUBSET {t \in Tokens : Pending(t)}
  /\ closed \in BOOLEAN
  /\ now \in Instants
  /\ sweeping \in Instants \cup {NoSweep}
  /\ taken \in SUBSET {t \in Tokens : token[t] = "dead" /\ sweeping # NoSweep}
  /\ stats = [c \in Counters |-> Tally(c)]
  /\ begun = [t \in Tokens |-> IF handoff[t] = "none" THEN 0 ELSE 1]
  /\ left = [t \in Tokens |-> IF handoff[t] \in Outcomes THEN 1 ELSE 0]

IndSpec == IndInv /\ [][Next]_vars

THEOREM Init => IndInv
THEOREM IndInv /\ [Next]_vars => IndInv'
THEOREM IndInv => TypeOK
==============================================================================
