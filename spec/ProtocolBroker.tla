--------------------------- MODULE ProtocolBroker ---------------------------
(***************************************************************************)
(* The steps of the broker. Two threads take them: one decides what to do  *)
(* with the connection, and one for each link reads it.                    *)
(***************************************************************************)
EXTENDS ProtocolState

ToLife(t, l)   == life' = [life EXCEPT ![t] = l]
Owe(t, f)      == owes' = [owes EXCEPT ![t] = f]
PendingOn(b)   == {t \in On(b) : life[t] = "pending"}
------------------------------------------------------------------------------
(***************************************************************************)
(* Offering. The next offer is made when every earlier holder has settled. *)
(* How long the broker waits for that is not modelled: it may stop waiting *)
(* at any time, and then does something else with the connection.          *)
(***************************************************************************)
Candidates(t) == Backends       \* the choice is not modelled

MayOffer == conn = "mine" /\ \A t \in Begun : t \in settled

Begin(b) ==                     \* within the Horizon
  LET t == Last + 1
  IN /\ broker = "up" /\ MayOffer
     /\ t \in Attempts /\ b \in Candidates(t) /\ link[b] = "up" /\ clock + AckDeadline <= Horizon
     /\ via' = Append(via, b)
     /\ ToLife(t, "pending")
     /\ since' = [since EXCEPT ![t] = clock]
     /\ conn' = "out"
     /\ UNCHANGED <<clock, faults, kernel, customer, broker, sent, settled, owes, reader, backends>>

GiveBack(t) ==                  \* no byte was sent, so nobody else can have the connection
  /\ broker = "up" /\ life[t] = "pending" /\ sent[t] = "no"
  /\ ToLife(t, "abandoned")
  /\ conn' = "mine"
  /\ settled' = settled \cup {t}
  /\ UNCHANGED <<clock, faults, kernel, customer, broker, via, since, sent, owes, reader, backends>>

SendOffer(t) ==                 \* the descriptor is attached to the first byte
  /\ broker = "up" /\ life[t] = "pending" /\ sent[t] = "no" /\ CanSendDown(via[t])
  /\ copy' = [copy EXCEPT ![t] = "flight"]
  /\ sent' = [sent EXCEPT ![t] = "part"]
  /\ UNCHANGED <<clock, faults, link, down, up, shut, written, customer, broker, conn,
                 registry, settled, owes, reader, backends>>

OfferWritten(t) ==
  /\ broker = "up" /\ life[t] = "pending" /\ sent[t] = "part" /\ CanSendDown(via[t])
  /\ down' = Send(down, via[t], "offer", t)
  /\ sent' = [sent EXCEPT ![t] = "all"]
  /\ UNCHANGED <<clock, faults, link, up, copy, shut, written, customer, broker, conn,
                 registry, settled, owes, reader, backends>>

(***************************************************************************)
(* An offer that is partly written when its attempt has ended, by its      *)
(* deadline or because it was given up, breaks the link: no other frame    *)
(* can follow.                                                             *)
(***************************************************************************)
BreakLink(t) ==
  /\ broker = "up" /\ sent[t] = "part" /\ link[via[t]] = "up"
  /\ life[t] = "pending" => Over(clock, t)
  /\ link' = [link EXCEPT ![via[t]] = "shutrd"]
  /\ UNCHANGED <<clock, faults, down, up, copy, shut, written, customer, brokers, backends>>
------------------------------------------------------------------------------
(***************************************************************************)
(* Reading a link. Only the reader of its link decides an attempt.         *)
(***************************************************************************)
SeenEmpty(b) == up[b] = <<>> /\ held[b] = <<>>
Reading(b)   == broker = "up" /\ link[b] # "closed"
InHand(b, f) == Reading(b) /\ held[b] # <<>> /\ held[b][1].frame[1] = f
Subject(b)   == held[b][1].frame[2]
PutDown(b)   == held' = [held EXCEPT ![b] = <<>>]

ReadFrame(b) ==                 \* ReadAck, ReadNack, ReadReleased
  /\ Reading(b) /\ up[b] # <<>> /\ held[b] = <<>> /\ b \notin drained
  /\ held' = [held EXCEPT ![b] = <<[frame |-> Head(up[b]), read |-> NoReading]>>]
  /\ up' = [up EXCEPT ![b] = Tail(@)]
  /\ UNCHANGED <<clock, faults, link, down, copy, shut, written, customer, broker, conn,
                 registry, sent, settled, owes, due, drained, backends>>

(***************************************************************************)
(* An ACK counts if it is for a pending attempt of its own link. Otherwise *)
(* it ends nothing: a revoke may follow, but never a fence.                *)
(***************************************************************************)
Binds(b, t)     == via[t] = b
AckCounts(b, t) == t \in Begun /\ Binds(b, t) /\ life[t] = "pending"

ReadClockForAck(b) ==
  /\ InHand(b, "ack") /\ held[b][1].read = NoReading /\ AckCounts(b, Subject(b))
  /\ held' = [held EXCEPT ![b][1].read = clock]
  /\ UNCHANGED <<clock, faults, kernel, customer, broker, conn, registry, sent, settled,
                 owes, due, drained, backends>>

AfterLateAck == "doomed"

Acknowledge(b) ==
  LET t == Subject(b)
      late == Over(held[b][1].read, t)
  IN /\ InHand(b, "ack") /\ held[b][1].read # NoReading /\ AckCounts(b, t)
     /\ ToLife(t, IF late THEN "expired" ELSE "acknowledged")
     /\ conn' = IF late THEN AfterLateAck ELSE "acked"
     /\ Owe(t, IF late THEN "revoke" ELSE "commit")
     /\ PutDown(b)
     /\ UNCHANGED <<clock, faults, kernel, customer, broker, via, since, sent, settled,
                    due, drained, backends>>

EndedAck(b) ==
  LET t == Subject(b)
  IN /\ InHand(b, "ack") /\ ~AckCounts(b, t)
     /\ \/ UNCHANGED owes
        \/ /\ t \in Begun /\ via[t] = b /\ life[t] \in {"expired", "abandoned"}
           /\ Owe(t, "revoke")
     /\ PutDown(b)
     /\ UNCHANGED <<clock, faults, kernel, customer, broker, conn, registry, sent, settled,
                    due, drained, backends>>

TakeNack(b) ==                  \* Abandon; if expired already, it settles
  LET t == Subject(b)
      own == t \in Begun /\ via[t] = b
  IN /\ InHand(b, "nack")
     /\ settled' = IF own THEN settled \cup {t} ELSE settled
     /\ IF own /\ life[t] = "pending"
        THEN ToLife(t, "abandoned") /\ conn' = "mine"
        ELSE UNCHANGED <<life, conn>>
     /\ PutDown(b)
     /\ UNCHANGED <<clock, faults, kernel, customer, broker, via, since, sent, owes,
                    due, drained, backends>>

TakeReleased(b) ==
  LET t == Subject(b)
  IN /\ InHand(b, "released")
     /\ settled' = IF t \in Begun /\ via[t] = b /\ life[t] # "pending"
                   THEN settled \cup {t} ELSE settled
     /\ PutDown(b)
     /\ UNCHANGED <<clock, faults, kernel, customer, broker, conn, registry, sent, owes,
                    due, drained, backends>>
------------------------------------------------------------------------------
(***************************************************************************)
(* No ACK. First the reader reads the clock, then the queue to its end,    *)
(* then it expires by that reading.                                        *)
(***************************************************************************)
BrokerReadClock(b) ==
  /\ Reading(b) /\ held[b] = <<>> /\ due[b] = NoReading
  /\ \E t \in PendingOn(b) : Over(clock, t) /\ sent[t] = "all"
  /\ due' = [due EXCEPT ![b] = clock]
  /\ UNCHANGED <<clock, faults, kernel, customer, broker, conn, registry, sent, settled,
                 owes, held, drained, backends>>

Drain(b) ==                     \* up to EAGAIN
  /\ Reading(b) /\ due[b] # NoReading /\ b \notin drained /\ SeenEmpty(b)
  /\ IF PendingOn(b) # {} THEN drained' = drained \cup {b} /\ UNCHANGED due
     ELSE due' = [due EXCEPT ![b] = NoReading] /\ UNCHANGED drained
  /\ UNCHANGED <<clock, faults, kernel, customer, broker, conn, registry, sent, settled,
                 owes, held, backends>>

Expire(b) ==                    \* nothing, if the attempt has ended meanwhile
  LET T == {t \in PendingOn(b) : Over(due[b], t)}
  IN /\ Reading(b) /\ b \in drained /\ due[b] # NoReading
     /\ IF T = {} THEN UNCHANGED <<life, conn, owes>>
        ELSE \E t \in T : ToLife(t, "expired") /\ conn' = "mine" /\ Owe(t, "revoke")
     /\ due' = [due EXCEPT ![b] = NoReading]
     /\ drained' = drained \ {b}
     /\ UNCHANGED <<clock, faults, kernel, customer, broker, via, since, sent, settled, held,
                    backends>>

(***************************************************************************)
(* The link has ended, and was read to its end. An end of file that the    *)
(* broker caused itself does not mean that the backend has closed its      *)
(* copies. What is owed is sent before the link is closed.                 *)
(***************************************************************************)
AtEnd(b) == link[b] \in {"shutrd", "left", "cut"} /\ SeenEmpty(b)

BrokerLinkEnd(b) ==
  LET T == PendingOn(b)
  IN /\ Reading(b) /\ AtEnd(b)
     /\ link[b] = "shutrd" => \A t \in On(b) : owes[t] = "nothing"
     /\ life' = [t \in Attempts |-> IF t \in T THEN "abandoned" ELSE life[t]]
     /\ conn' = IF T # {} THEN "mine" ELSE conn
     /\ settled' = IF link[b] = "shutrd" THEN settled ELSE settled \cup On(b)
     /\ link' = [link EXCEPT ![b] = "closed"]
     /\ due' = [due EXCEPT ![b] = NoReading]
     /\ drained' = drained \ {b}
     /\ UNCHANGED <<clock, faults, down, up, copy, shut, written, customer, broker, via, since,
                    sent, owes, held, backends>>

(***************************************************************************)
(* Bytes that cannot be parsed may hide an ACK, and what is behind them is *)
(* lost.                                                                   *)
(***************************************************************************)
TakeGarbage(b) ==
  LET T == PendingOn(b)
  IN /\ InHand(b, "garbage")
     /\ life' = [t \in Attempts |-> IF t \in T THEN "abandoned" ELSE life[t]]
     /\ conn' = IF T # {} THEN "doomed" ELSE conn
     /\ owes' = [t \in Attempts |-> IF t \in T THEN "revoke" ELSE owes[t]]
     /\ PutDown(b)
     /\ up' = [up EXCEPT ![b] = <<>>]
     /\ link' = [link EXCEPT ![b] = IF @ = "up" THEN "shutrd" ELSE @]
     /\ UNCHANGED <<clock, faults, down, copy, shut, written, customer, broker, via, since,
                    sent, settled, due, drained, backends>>
------------------------------------------------------------------------------
(***************************************************************************)
(* After the decision. Commit and revoke are sent at any time.             *)
(***************************************************************************)
SendOwed(t, f) ==               \* not on a link that is dead or broken
  /\ broker = "up" /\ owes[t] = f
  /\ down' = IF CanSendDown(via[t]) /\ sent[t] = "all"
             THEN Send(down, via[t], f, t) ELSE down
  /\ Owe(t, "nothing")
  /\ UNCHANGED <<clock, faults, link, up, copy, shut, written, customer, broker, conn,
                 registry, sent, settled, reader, backends>>

SendCommit(t) == SendOwed(t, "commit")
SendRevoke(t) == conn # "doomed" /\ SendOwed(t, "revoke")

BrokerCloseCopy ==              \* the backend owns the connection
  /\ broker = "up" /\ conn = "acked"
  /\ copy' = Close(0)
  /\ conn' = "done"
  /\ UNCHANGED <<clock, faults, link, down, up, shut, written, customer, broker, registry,
                 sent, settled, owes, reader, backends>>

Fence ==
  /\ broker = "up" /\ conn = "doomed"
  /\ shut' = TRUE
  /\ conn' = "fenced"
  /\ UNCHANGED <<clock, faults, link, down, up, copy, written, customer, broker, registry,
                 sent, settled, owes, reader, backends>>

MayTell == conn = "mine"

SendFallback ==
  /\ broker = "up" /\ MayTell /\ kind = "explicit"
  /\ written' = IF shut THEN written ELSE written \cup {0}
  /\ conn' = "fallback"
  /\ UNCHANGED <<clock, faults, link, down, up, copy, shut, customer, broker, registry,
                 sent, settled, owes, reader, backends>>

Proxy ==
  /\ broker = "up" /\ conn = "mine" /\ kind = "plain"
  /\ conn' = "proxy"
  /\ UNCHANGED <<clock, faults, kernel, customer, broker, registry, sent, settled, owes,
                 reader, backends>>

MayEnd == conn \in {"fallback", "proxy", "fenced"} \/ (conn = "mine" /\ kind = "plain")

EndConn ==                      \* shutdown, then close
  /\ broker = "up" /\ MayEnd
  /\ shut' = TRUE
  /\ copy' = Close(0)
  /\ conn' = "done"
  /\ UNCHANGED <<clock, faults, link, down, up, written, customer, broker, registry,
                 sent, settled, owes, reader, backends>>

BrokerStep ==
  \/ \E b \in Backends : \/ Begin(b) \/ ReadFrame(b) \/ ReadClockForAck(b) \/ Acknowledge(b)
                         \/ EndedAck(b) \/ TakeNack(b) \/ TakeReleased(b) \/ TakeGarbage(b)
                         \/ BrokerReadClock(b) \/ Drain(b) \/ Expire(b) \/ BrokerLinkEnd(b)
  \/ \E t \in Attempts : \/ GiveBack(t) \/ SendOffer(t) \/ OfferWritten(t) \/ BreakLink(t)
                         \/ SendCommit(t) \/ SendRevoke(t)
  \/ BrokerCloseCopy \/ Fence \/ SendFallback \/ Proxy \/ EndConn
=============================================================================
