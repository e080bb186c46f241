---------------------------- MODULE ReaderMutants ---------------------------
(***************************************************************************)
(* Mutants of the rules of clocks, queues and readers.  Each configuration *)
(* puts operators from below in the place of those which their comments    *)
(* name, and TLC must then find the guarantee that is broken.              *)
(***************************************************************************)
EXTENDS MCProtocol

Mine == "mine"                          \* AfterLateAck; AfterGivingUp

ClockFirst(t) ==                        \* BackendReadClock: before the send
  /\ Up(t) /\ stage[t] = "held" /\ via[t] \in Lease /\ clock < ServeBy(t)
  /\ ToStage(t, "early")
  /\ UNCHANGED <<clock, faults, kernel, customer, brokers>>

AckAfterClock(t) ==                     \* SendAck
  /\ Up(t) /\ stage[t] = "early" /\ CanSendUp(via[t])
  /\ up' = Send(up, via[t], "ack", t)
  /\ ToStage(t, "owner")
  /\ UNCHANGED <<clock, faults, link, down, copy, shut, written, customer, brokers>>

LeaseTooLong == -1                      \* Margin: t is read before m

NoDrain(b) ==                           \* Drain: whatever is queued
  /\ Reading(b) /\ due[b] # NoReading /\ b \notin drained
  /\ drained' = drained \cup {b}
  /\ UNCHANGED <<clock, faults, kernel, customer, broker, conn, registry, sent, settled,
                 owes, held, due, backends>>

DrainFirst(b) ==                        \* Drain: and then the clock
  /\ Reading(b) /\ due[b] = NoReading /\ b \notin drained /\ SeenEmpty(b)
  /\ \E t \in PendingOn(b) : sent[t] = "all"
  /\ drained' = drained \cup {b}
  /\ UNCHANGED <<clock, faults, kernel, customer, broker, conn, registry, sent, settled,
                 owes, held, due, backends>>

ClockAfterDrain(b) ==                   \* BrokerReadClock
  /\ Reading(b) /\ b \in drained /\ due[b] = NoReading
  /\ \E t \in PendingOn(b) : Over(clock, t)
  /\ due' = [due EXCEPT ![b] = clock]
  /\ UNCHANGED <<clock, faults, kernel, customer, broker, conn, registry, sent, settled,
                 owes, held, drained, backends>>

SecondReader(b) == up[b] = <<>>         \* SeenEmpty: and the first holds a frame

ExpireBehind(b) ==                      \* Expire: a sweep, behind the drain's back
  /\ broker = "up"
  /\ \E t \in PendingOn(b) :
       Over(clock, t) /\ ToLife(t, "expired") /\ conn' = "mine" /\ Owe(t, "revoke")
  /\ UNCHANGED <<clock, faults, kernel, customer, broker, via, since, sent, settled, reader,
                 backends>>

LinkEndUnread(b) ==                     \* AtEnd: the end is seen, the queue is not
  link[b] \in {"shutrd", "left", "cut"} /\ held[b] = <<>>

DropUnread(b) ==                        \* DropLink: closes it, and what it has not read
  /\ FaultOf("drop", b) /\ broker = "up" /\ link[b] = "up"
  /\ link' = [link EXCEPT ![b] = "closed"]
  /\ up' = [up EXCEPT ![b] = <<>>]
  /\ held' = [held EXCEPT ![b] = <<>>]
  /\ life' = [t \in Attempts |-> IF t \in PendingOn(b) THEN "abandoned" ELSE life[t]]
  /\ conn' = IF PendingOn(b) # {} THEN "mine" ELSE conn
  /\ due' = [due EXCEPT ![b] = NoReading]
  /\ drained' = drained \ {b}
  /\ UNCHANGED <<clock, down, copy, shut, written, customer, broker, via, since, sent,
                 settled, owes, backends>>

GarbageUnfenced(b) ==                   \* TakeGarbage: as if no ACK could hide there
  /\ InHand(b, "garbage")
  /\ life' = [t \in Attempts |-> IF t \in PendingOn(b) THEN "abandoned" ELSE life[t]]
  /\ conn' = IF PendingOn(b) # {} THEN "mine" ELSE conn
  /\ owes' = [t \in Attempts |-> IF t \in PendingOn(b) THEN "revoke" ELSE owes[t]]
  /\ PutDown(b)
  /\ up' = [up EXCEPT ![b] = <<>>]
  /\ link' = [link EXCEPT ![b] = IF @ = "up" THEN "shutrd" ELSE @]
  /\ UNCHANGED <<clock, faults, down, copy, shut, written, customer, broker, via, since,
                 sent, settled, due, drained, backends>>

AnyLink(b, t) == TRUE                   \* Binds

CommitNotSent(b) ==                     \* BrokerLinkEnd: closes what it owes a commit
  LET T == PendingOn(b)
  IN /\ Reading(b) /\ AtEnd(b)
     /\ life' = [t \in Attempts |-> IF t \in T THEN "abandoned" ELSE life[t]]
     /\ conn' = IF T # {} THEN "mine" ELSE conn
     /\ settled' = IF link[b] = "shutrd" THEN settled ELSE settled \cup On(b)
     /\ link' = [link EXCEPT ![b] = "closed"]
     /\ due' = [due EXCEPT ![b] = NoReading]
     /\ drained' = drained \ {b}
     /\ UNCHANGED <<clock, faults, down, up, copy, shut, written, customer, broker, via, since,
                    sent, owes, held, backends>>

RevokesAcked(b) ==                      \* EndedAck: whatever has become of it
  /\ InHand(b, "ack") /\ ~AckCounts(b, Subject(b))
  /\ IF Subject(b) \in On(b) THEN Owe(Subject(b), "revoke") ELSE UNCHANGED owes
  /\ PutDown(b)
  /\ UNCHANGED <<clock, faults, kernel, customer, broker, conn, registry, sent, settled,
                 due, drained, backends>>

CommitToFirstLink(t) ==                 \* SendCommit: by connection, not by token
  /\ broker = "up" /\ owes[t] = "commit"
  /\ down' = IF CanSendDown(via[1]) THEN Send(down, via[1], "commit", t) ELSE down
  /\ Owe(t, "nothing")
  /\ UNCHANGED <<clock, faults, link, up, copy, shut, written, customer, broker, conn,
                 registry, sent, settled, reader, backends>>
=============================================================================
