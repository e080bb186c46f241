-------------------------- MODULE ProtocolBackend ---------------------------
(***************************************************************************)
(* The steps of a backend.                                                 *)
(*                                                                         *)
(* stage[t] is "none" until the offer is read; "held" until an Accept      *)
(* takes it; "sent" when the ACK is in the broker's queue; then "owner",   *)
(* "serving" and "ended", or "uncertain" until commit or revoke. An offer  *)
(* that is not accepted is "refusing" or "revoked" with the copy open,     *)
(* "refused" or "freed" with the copy closed and the answer not sent, and  *)
(* then "gone".                                                            *)
(*                                                                         *)
(* A backend reads its link and accepts in two threads, so a frame may be  *)
(* read between the ACK and the reading of the clock. That reading and its *)
(* comparison are one step: no other party can see the difference.         *)
(***************************************************************************)
EXTENDS ProtocolState

Up(t)         == t \in Begun /\ alive[via[t]] = "up"
Arrived(b, f) == /\ alive[b] = "up"
                 /\ down[b] # <<>> /\ Head(down[b])[1] = f
Pop(queue, b) == [queue EXCEPT ![b] = Tail(@)]
Holding       == {"held", "early", "sent", "uncertain", "refusing", "revoked"}
Unowned       == Holding \cup {"refused", "freed"}

ToStage(t, s) == stage' = [stage EXCEPT ![t] = s] /\ UNCHANGED alive

ReadOffer(b) ==
  LET t == Head(down[b])[2]
  IN /\ Arrived(b, "offer")
     /\ down' = Pop(down, b)
     /\ copy' = [copy EXCEPT ![t] = "open"]
     /\ ToStage(t, "held")
     /\ UNCHANGED <<clock, faults, link, up, shut, written, customer, brokers>>

SendAck(t) ==                   \* to the last byte; on a dead link it fails
  /\ Up(t) /\ stage[t] = "held"
  /\ IF CanSendUp(via[t])
     THEN up' = Send(up, via[t], "ack", t) /\ ToStage(t, "sent") /\ UNCHANGED copy
     ELSE copy' = Close(t) /\ ToStage(t, "gone") /\ UNCHANGED up
  /\ UNCHANGED <<clock, faults, link, down, shut, written, customer, brokers>>

BackendReadClock(t) ==          \* after the send, hence Own or Uncertain
  /\ Up(t) /\ stage[t] = "sent"
  /\ ToStage(t, IF via[t] \in Lease /\ clock < ServeBy(t) THEN "owner" ELSE "uncertain")
  /\ UNCHANGED <<clock, faults, kernel, customer, brokers>>

ReadCommit(b) ==
  LET t == Head(down[b])[2]
  IN /\ Arrived(b, "commit")
     /\ \/ /\ stage[t] \in {"sent", "uncertain"}
           /\ ToStage(t, "owner")
           /\ down' = Pop(down, b) /\ UNCHANGED <<link, copy>>
        \/ /\ stage[t] \in {"held", "refusing"}     \* for an attempt never ACKed
           /\ ToStage(t, "gone")
           /\ copy' = Close(t)
           /\ link' = [link EXCEPT ![b] = IF @ = "up" THEN "left" ELSE @]
           /\ down' = [down EXCEPT ![b] = <<>>]
        \/ /\ stage[t] \notin {"sent", "uncertain", "held", "refusing"}
           /\ down' = Pop(down, b) /\ UNCHANGED <<link, copy, backends>>
     /\ UNCHANGED <<clock, faults, up, shut, written, customer, brokers>>

ReadRevoke(b) ==                \* an owner ignores it
  LET t == Head(down[b])[2]
  IN /\ Arrived(b, "revoke")
     /\ down' = Pop(down, b)
     /\ IF stage[t] \in {"held", "sent", "uncertain"}
        THEN ToStage(t, "revoked") ELSE UNCHANGED backends
     /\ UNCHANGED <<clock, faults, link, up, copy, shut, written, customer, brokers>>

Refuse(t) ==
  /\ Up(t) /\ stage[t] = "held"
  /\ ToStage(t, "refusing")
  /\ UNCHANGED <<clock, faults, kernel, customer, brokers>>

BackendCloseCopy(t) ==          \* without shutdown: it does not own the connection
  /\ Up(t) /\ stage[t] \in {"refusing", "revoked"}
  /\ copy' = Close(t)
  /\ ToStage(t, IF stage[t] = "refusing" THEN "refused" ELSE "freed")
  /\ UNCHANGED <<clock, faults, link, down, up, shut, written, customer, brokers>>

Answer(t, from, frame) ==
  /\ Up(t) /\ stage[t] = from
  /\ up' = IF CanSendUp(via[t]) THEN Send(up, via[t], frame, t) ELSE up
  /\ ToStage(t, "gone")
  /\ UNCHANGED <<clock, faults, link, down, copy, shut, written, customer, brokers>>

SendNack(t)     == Answer(t, "refused", "nack")
SendReleased(t) == Answer(t, "freed", "released")

Serve(t) ==                     \* after SendReady, if the client expects ready
  /\ Up(t) /\ stage[t] = "owner"
  /\ copy' = [copy EXCEPT ![t] = "adopted"]
  /\ written' = IF kind = "explicit" /\ ~shut THEN written \cup {t} ELSE written
  /\ ToStage(t, "serving")
  /\ UNCHANGED <<clock, faults, link, down, up, shut, customer, brokers>>

EndServe(t) ==                  \* shutdown, then close
  /\ Up(t) /\ stage[t] = "serving"
  /\ shut' = TRUE
  /\ copy' = Close(t)
  /\ ToStage(t, "ended")
  /\ UNCHANGED <<clock, faults, link, down, up, written, customer, brokers>>

(***************************************************************************)
(* DrainLink has read the queue to its end: every copy that is not owned   *)
(* is closed, including a descriptor that came with part of an offer.      *)
(***************************************************************************)
BackendLinkEnd(b) ==
  LET T == {t \in On(b) : stage[t] \in Unowned \/ copy[t] = "flight"}
  IN /\ alive[b] = "up" /\ link[b] \in {"cut", "closed"} /\ down[b] = <<>>
     /\ T # {}
     /\ copy' = CloseAll(T)
     /\ stage' = [t \in Attempts |-> IF t \in T THEN "gone" ELSE stage[t]]
     /\ UNCHANGED <<clock, faults, link, down, up, shut, written, customer, brokers, alive>>

BackendStep ==
  \/ \E b \in Backends : ReadOffer(b) \/ ReadCommit(b) \/ ReadRevoke(b) \/ BackendLinkEnd(b)
  \/ \E t \in Attempts : \/ SendAck(t) \/ BackendReadClock(t) \/ Serve(t) \/ EndServe(t)
                         \/ Refuse(t) \/ BackendCloseCopy(t) \/ SendNack(t) \/ SendReleased(t)
=============================================================================
