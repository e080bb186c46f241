----------------------------- MODULE OwnerMutants ----------------------------
(***************************************************************************)
(* Mutants of what owners and holders do with the connection; see          *)
(* ReaderMutants.                                                          *)
(***************************************************************************)
EXTENDS MCProtocol

(***************************************************************************)
(* Bounds, where TLC must see all behaviours before it sees the error: one *)
(* backend after the other, the first is stuck while it holds, then the    *)
(* second dies while it serves, and both take what they are offered.       *)
(***************************************************************************)
First         == CHOOSE b \in Backends : TRUE
InOrder(t)    == IF t = 1 THEN {First} ELSE Backends \ {First}      \* Candidates
ByRole(f, b)  ==                                                    \* FaultOf
  /\ Fault(f)
  /\ CASE f = "freeze" -> b = First /\ faults = 0 /\ \E t \in On(b) : stage[t] \in {"held", "revoked"}
       [] f = "crash"  -> b # First /\ faults = 1 /\ \E t \in On(b) : stage[t] = "serving"
       [] OTHER        -> b = First /\ On(b) # {}
NoStep        == FALSE                                              \* Proxy
NoOffer(t)    == FALSE                                              \* Refuse, GiveBack, BreakLink
------------------------------------------------------------------------------
Mine == "mine"                          \* AfterLateAck

AfterFenceToo ==                        \* MayOffer: what was fenced, once more
  conn = "fenced" \/ (conn = "mine" /\ \A t \in Begun : t \in settled)

BeforeSettled == conn = "mine"          \* MayOffer

InDoubtToo == conn \in {"mine", "out"}  \* MayTell

AckedToo == conn \in {"mine", "acked"}  \* MayTell

TellsNobody == FALSE                    \* SendFallback

FencesEnded(b) ==                       \* EndedAck: whoever owns by now
  /\ InHand(b, "ack") /\ ~AckCounts(b, Subject(b))
  /\ shut' = TRUE
  /\ PutDown(b)
  /\ UNCHANGED <<clock, faults, link, down, up, copy, written, customer, broker, conn,
                 registry, sent, settled, owes, due, drained, backends>>

GiveUpAcked(t) ==                       \* GiveUp: without asking the registry
  /\ Fault("giveup") /\ broker = "up" /\ conn \in {"out", "acked"} /\ t = Last
  /\ conn' = "doomed"
  /\ UNCHANGED <<clock, kernel, customer, broker, registry, sent, settled, owes, reader,
                 backends>>

CloseEarly(t) ==                        \* OfferWritten: and the broker's copy goes
  /\ broker = "up" /\ life[t] = "pending" /\ sent[t] = "part" /\ CanSendDown(via[t])
  /\ down' = Send(down, via[t], "offer", t)
  /\ sent' = [sent EXCEPT ![t] = "all"]
  /\ copy' = Close(0)
  /\ UNCHANGED <<clock, faults, link, up, shut, written, customer, broker, conn, registry,
                 settled, owes, reader, backends>>

CopyForgotten ==                        \* BrokerCloseCopy
  /\ broker = "up" /\ conn = "acked"
  /\ conn' = "done"
  /\ UNCHANGED <<clock, faults, kernel, customer, broker, registry, sent, settled, owes,
                 reader, backends>>

DescriptorForgotten(t) ==               \* SendOffer: the bytes, without it
  /\ broker = "up" /\ life[t] = "pending" /\ sent[t] = "no" /\ CanSendDown(via[t])
  /\ sent' = [sent EXCEPT ![t] = "part"]
  /\ UNCHANGED <<clock, faults, kernel, customer, broker, conn, registry, settled, owes,
                 reader, backends>>

CloseOnly ==                            \* EndConn: no shutdown
  /\ broker = "up" /\ MayEnd
  /\ copy' = Close(0)
  /\ conn' = "done"
  /\ UNCHANGED <<clock, faults, link, down, up, shut, written, customer, broker, registry,
                 sent, settled, owes, reader, backends>>

RevokeIgnored(b) ==                     \* ReadRevoke
  /\ Arrived(b, "revoke")
  /\ down' = Pop(down, b)
  /\ UNCHANGED <<clock, faults, link, up, copy, shut, written, customer, brokers, backends>>

HolderShutsDown(t) ==                   \* BackendCloseCopy
  /\ Up(t) /\ stage[t] \in {"refusing", "revoked"}
  /\ shut' = TRUE
  /\ copy' = Close(t)
  /\ ToStage(t, IF stage[t] = "refusing" THEN "refused" ELSE "freed")
  /\ UNCHANGED <<clock, faults, link, down, up, written, customer, brokers>>

ReleasedOpen(t) ==                      \* SendReleased: and closes the copy later
  /\ Up(t) /\ stage[t] = "revoked" /\ <<"released", t>> \notin {up[via[t]][i] : i \in DOMAIN up[via[t]]}
  /\ t \notin settled /\ CanSendUp(via[t])
  /\ up' = Send(up, via[t], "released", t)
  /\ UNCHANGED <<clock, faults, link, down, copy, shut, written, customer, brokers, backends>>

UncertainServes(b) ==                   \* BackendLinkEnd: takes silence for commit
  LET T == {t \in On(b) : stage[t] = "uncertain"}
  IN /\ alive[b] = "up" /\ link[b] \in {"cut", "closed"} /\ down[b] = <<>> /\ T # {}
     /\ stage' = [t \in Attempts |-> IF t \in T THEN "owner" ELSE stage[t]]
     /\ UNCHANGED <<clock, faults, kernel, customer, brokers, alive>>

LinkEndKeepsCopy(b) ==                  \* BackendLinkEnd
  LET T == {t \in On(b) : stage[t] \in Unowned}
  IN /\ alive[b] = "up" /\ link[b] \in {"cut", "closed"} /\ down[b] = <<>> /\ T # {}
     /\ stage' = [t \in Attempts |-> IF t \in T THEN "gone" ELSE stage[t]]
     /\ UNCHANGED <<clock, faults, kernel, customer, brokers, alive>>

ReadyUncertain(t) ==                    \* BackendReadClock: tells before it knows
  /\ Up(t) /\ stage[t] = "sent"
  /\ written' = IF kind = "explicit" /\ ~shut THEN written \cup {t} ELSE written
  /\ ToStage(t, IF via[t] \in Lease /\ clock < ServeBy(t) THEN "owner" ELSE "uncertain")
  /\ UNCHANGED <<clock, faults, link, down, up, copy, shut, customer, brokers>>

OwnEndSettles(b) ==                     \* BrokerLinkEnd: its own SHUT_RD taken for the peer's end
  LET T == PendingOn(b)
  IN /\ Reading(b) /\ AtEnd(b)
     /\ life' = [t \in Attempts |-> IF t \in T THEN "abandoned" ELSE life[t]]
     /\ conn' = IF T # {} THEN "mine" ELSE conn
     /\ settled' = settled \cup On(b)
     /\ link' = [link EXCEPT ![b] = "closed"]
     /\ due' = [due EXCEPT ![b] = NoReading]
     /\ drained' = drained \ {b}
     /\ UNCHANGED <<clock, faults, down, up, copy, shut, written, customer, broker, via, since,
                    sent, owes, held, backends>>
=============================================================================
