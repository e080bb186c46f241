---------------------------- MODULE TraceProtocol ----------------------------
(***************************************************************************)
(* Whether the steps that broker, backends and client reported for one     *)
(* connection are a behaviour of HandoffProtocol.                          *)
(*                                                                         *)
(* A step is reported after it took effect, and another party may have     *)
(* acted on it before that. So only the order of the steps of one thread   *)
(* counts: a trace is accepted if some order of all steps, with steps that *)
(* are not reported in between, is a behaviour of HandoffProtocol. Not     *)
(* reported are the time, how a frame that was read is judged, and that a  *)
(* backend does not want an offer.                                         *)
(*                                                                         *)
(* Left out: the steps of hello, reply and links.                          *)
(***************************************************************************)
EXTENDS HandoffProtocol, TLC

CONSTANTS
  Transfers     \* Transfers[i] has the kind of the client; threads, a sequence of
                \*   sequences of events; and cut, the links whose backend
                \*   closed a copy and answered nothing

VARIABLES
  transfer,     \* the number of the trace
  position,     \* position[h] is how many events of thread h have been taken
  total         \* how many have been taken in all

walk == <<transfer, position, total>>
Trace   == Transfers[transfer]
Threads == DOMAIN Trace.threads
------------------------------------------------------------------------------
Reads(b, t, kind_) == /\ ReadFrame(b) /\ held'[b][1].frame[1] = kind_
                      /\ t # 0 => held'[b][1].frame[2] = t


Waits(b, t, kind_) == /\ down[b] # <<>> /\ Head(down[b])[1] = kind_
                      /\ t # 0 => Head(down[b])[2] = t

Nothing == UNCHANGED vars

(***************************************************************************)
(* The broker.  A reading of its clock at which nothing was due, and the   *)
(* drain that follows, change nothing.                                     *)
(***************************************************************************)
BrokerReports(e) ==
  LET t == e.attempt
      b == e.link
  IN \/ e.op = "Begin" /\ t = Last + 1 /\ Begin(b)
     \/ e.op = "SendOffer" /\ SendOffer(t)
     \/ e.op = "OfferWritten" /\ OfferWritten(t)
     \/ e.op = "ReadAck" /\ Reads(b, t, "ack")
     \/ e.op = "Acknowledge" /\ InHand(b, "ack") /\ Subject(b) = t /\ Acknowledge(b)
        /\ life'[t] = IF e.ok THEN "acknowledged" ELSE "expired"
     \/ e.op = "SendCommit" /\ SendCommit(t)
     \/ e.op = "CloseCopy" /\ conn = "acked" /\ BrokerCloseCopy
     \/ e.op = "CloseCopy" /\ conn = "fenced" /\ EndConn
     \/ e.op = "ReadNack" /\ Reads(b, t, "nack")
     \/ e.op = "Abandon" /\ InHand(b, "nack") /\ Subject(b) = t /\ TakeNack(b)
        /\ life'[t] = "abandoned"
     \/ e.op = "Abandon" /\ life[t] = "pending" /\ BrokerLinkEnd(b) /\ life'[t] = "abandoned"
     \/ e.op = "Abandon" /\ (GiveBack(t) \/ GiveUp(t))
     \/ e.op = "ReadClock" /\ (BrokerReadClock(b) \/ Nothing)
     \/ e.op = "Drain" /\ (Drain(b) \/ Nothing)
     \/ e.op = "Expire" /\ life[t] = "pending" /\ Expire(b) /\ life'[t] = "expired"
     \/ e.op = "Fence" /\ Fence
     \/ e.op = "SendRevoke" /\ SendRevoke(t)
     \/ e.op = "ReadReleased" /\ Reads(b, t, "released")
     \/ e.op = "Settle" /\ (e.ok => t \in settled) /\ Nothing
     \/ e.op = "SendFallback" /\ SendFallback
     \/ e.op = "Proxy" /\ Proxy
     \/ e.op = "EndConn" /\ EndConn

(***************************************************************************)
(* A backend.  If the commit was read before the clock, that reading       *)
(* decides nothing any more.  The connection is served when its client is  *)
(* told, or, if nobody is to be told, when it is given to the server.   *)
(***************************************************************************)
BackendReports(e) ==
  LET t == e.attempt
      b == e.link
  IN \/ e.op = "ReadOffer" /\ Waits(b, t, "offer") /\ ReadOffer(b)
     \/ e.op = "SendAck" /\ SendAck(t)
     \/ e.op = "ReadClock" /\ stage[t] = "sent" /\ BackendReadClock(t)
        /\ (~e.ok => stage'[t] = "uncertain")
     \/ e.op = "ReadClock" /\ stage[t] \in {"owner", "revoked"} /\ Nothing
     \/ e.op = "Own" /\ stage[t] = "owner" /\ Nothing
     \/ e.op = "ReadCommit" /\ Waits(b, t, "commit") /\ ReadCommit(b)
     \/ e.op = "ReadRevoke" /\ Waits(b, t, "revoke") /\ ReadRevoke(b)
     \/ e.op = "CloseCopy" /\ BackendCloseCopy(t)
     \/ e.op = "CloseCopy" /\ copy[t] = "open" /\ BackendLinkEnd(b)
     \/ e.op = "SendNack" /\ SendNack(t)
     \/ e.op = "SendReleased" /\ SendReleased(t)
     \/ e.op = "SendReady" /\ kind = "explicit" /\ Serve(t)
     \/ e.op = "Serve" /\ kind = "plain" /\ Serve(t)
     \/ e.op = "Serve" /\ kind = "explicit" /\ stage[t] = "serving" /\ Nothing

ClientReports(e) ==
  \/ e.op = "ReadReady" /\ ReadFirst /\ client' = "adopted"
  \/ e.op = "ReadFallback" /\ ReadFirst /\ client' = "fallback"
  \/ e.op = "Doubt" /\ ReadEnd /\ client' = "doubt"

Fits(e) ==
  CASE e.who = "broker"  -> BrokerReports(e)
    [] e.who = "backend" -> BackendReports(e)
    [] e.who = "client"  -> ClientReports(e)

Unreported ==
  \/ Tick
  \/ \E b \in Backends : \/ ReadClockForAck(b) \/ TakeReleased(b)
                         \/ EndedAck(b) /\ UNCHANGED owes
                         \/ TakeNack(b) /\ UNCHANGED life
                         \/ b \in Trace.cut /\ Cut(b)
  \/ \E t \in Attempts : Refuse(t)
------------------------------------------------------------------------------
(***************************************************************************)
(* TLC prints how far each trace got, whenever it is further than before;  *)
(* a register has how far that was.                                        *)
(***************************************************************************)
ASSUME \A i \in DOMAIN Transfers : TLCSet(i, -1)

Further ==
  IF total' > TLCGet(transfer)
  THEN /\ TLCSet(transfer, total')
       /\ PrintT("reached " \o ToString(transfer) \o " " \o ToString(position'))
  ELSE TRUE

Take(h) ==
  LET events == Trace.threads[h]
  IN /\ position[h] < Len(events)
     /\ Fits(events[position[h] + 1])
     /\ position' = [position EXCEPT ![h] = @ + 1]
     /\ total' = total + 1
     /\ UNCHANGED transfer
     /\ Further

ProtocolInit ==
  /\ Init
  /\ transfer \in DOMAIN Transfers
  /\ kind = Trace.kind
  /\ position = [h \in Threads |-> 0]
  /\ total = 0

ProtocolNext == \/ \E h \in Threads : Take(h)
                \/ Unreported /\ UNCHANGED walk

ProtocolSpec == ProtocolInit /\ [][ProtocolNext]_<<vars, walk>>
==============================================================================
