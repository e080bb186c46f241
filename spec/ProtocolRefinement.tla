------------------------- MODULE ProtocolRefinement -------------------------
(***************************************************************************)
(* The broker's registry is module HandoffAck: each step of the protocol   *)
(* is a step of HandoffAck on the token of an attempt, or none.            *)
(*                                                                         *)
(* HandoffAck has a variable for the instant of the latest step. The       *)
(* protocol does not need it, so here it is a variable of its own that     *)
(* only observes. When the broker dies, its registry does not change.      *)
(***************************************************************************)
EXTENDS ProtocolGuarantees

VARIABLE now    \* the time parameter of the registry's latest step

Becomes(t, l) == life'[t] = l /\ life[t] # l

Handed ==
  IF \E t \in Attempts : Becomes(t, "pending") THEN clock
  ELSE IF \E t \in Begun : Becomes(t, "acknowledged") \/ Becomes(t, "expired")
  THEN LET t == CHOOSE u \in Begun : Becomes(u, "acknowledged") \/ Becomes(u, "expired")
       IN IF held[via[t]] # <<>> THEN held[via[t]][1].read ELSE due[via[t]]
  ELSE now

WatchedNext == Next /\ now' = Handed

WatchedSpec == Init /\ now = 0 /\ [][WatchedNext]_<<vars, now>>
------------------------------------------------------------------------------
Pending(t)  == life[t] = "pending"
Outcomes    == {"acknowledged", "expired", "abandoned"}
Gone        == {t \in Attempts : life[t] \in Outcomes}
Tally(c)    == Cardinality(CASE c = "issued"     -> Begun
                             [] c = "registered" -> Begun
                             [] c = "revoked"    -> Gone
                             [] OTHER            -> {t \in Attempts : life[t] = c})

Registry == INSTANCE HandoffAck WITH
  Tokens     <- Attempts,
  MaxPending <- 1,
  TokenTTL   <- AckDeadline,
  token      <- [t \in Attempts |-> CASE life[t] = "unborn" -> "fresh"
                                      [] Pending(t)         -> "live"
                                      [] OTHER              -> "dead"],
  handoff    <- [t \in Attempts |-> IF life[t] = "unborn" THEN "none" ELSE life[t]],
  end        <- [t \in Attempts |-> IF Pending(t) THEN Deadline(t) ELSE 0],
  since      <- [t \in Attempts |-> IF Pending(t) THEN since[t] ELSE 0],
  consumed   <- {},
  closed     <- FALSE,
  sweeping   <- NoReading,
  taken      <- {},
  stats      <- [c \in {"issued", "registered", "revoked"} \cup Outcomes |-> Tally(c)],
  begun      <- [t \in Attempts |-> IF life[t] = "unborn" THEN 0 ELSE 1],
  left       <- [t \in Attempts |-> IF t \in Gone THEN 1 ELSE 0]

BeginsAsHandoffAck  == Registry!Init
FollowsHandoffAck   == [][Registry!Next]_<<life, since, now>>
RefinesHandoffAck   == BeginsAsHandoffAck /\ FollowsHandoffAck

THEOREM WatchedSpec => RefinesHandoffAck
=============================================================================
