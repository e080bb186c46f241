---------------------------- MODULE TraceHandoff -----------------------------
(***************************************************************************)
(* Whether what a registry did, event by event, is what HandoffAck lets it *)
(* do.  An event fits if the step that it names gives the answer, the      *)
(* state and the end that it tells.  Steps and answers are HandoffAck's.   *)
(*                                                                         *)
(* An event names a token by a number, and a random source may give the    *)
(* same bytes again when their token has died.  In HandoffAck that is      *)
(* another life, hence another member of Tokens: which one, life says.     *)
(*                                                                         *)
(* Many traces are checked in one run: the initial state picks the trace.  *)
(* An edit is a trace that differs from it in one place, and leaves it     *)
(* there, so that what comes before is walked once.                        *)
(***************************************************************************)
EXTENDS HandoffAck, Sequences, TLC

CONSTANTS
  Refs,     \* the numbers that name tokens, from 1; 0 names none
  Traces,   \* Traces[i] is the sequence of events of one trace
  Edits     \* Edits[i] is a sequence of edits of Traces[i]

VARIABLES
  trace,    \* the number of the trace
  edit,     \* the number of the edit of it that is followed, or 0
  position, \* how many events have been taken
  life,     \* life[r] is the token that r has named last, or 0 if none yet
  verdict   \* "open", then "accepted" or "refused"

walk    == <<trace, edit, position, life, verdict>>
Untimed == -1                  \* the instant of a step that is handed none

(***************************************************************************)
(* An edit [after, cut, put] follows the trace for as many events as after *)
(* says, then takes those in put, and leaves out as many as cut says.      *)
(***************************************************************************)
Edit ==
  IF edit = 0 THEN [after |-> 0, cut |-> 0, put |-> <<>>] ELSE Edits[trace][edit]

Length == Len(Traces[trace]) - Edit.cut + Len(Edit.put)

Event ==
  LET n == position + 1
  IN IF n <= Edit.after THEN Traces[trace][n]
     ELSE IF n <= Edit.after + Len(Edit.put) THEN Edit.put[n - Edit.after]
     ELSE Traces[trace][n - Len(Edit.put) + Edit.cut]
------------------------------------------------------------------------------
(***************************************************************************)
(* Tokens are numbers, and begin to live in that order.                    *)
(***************************************************************************)
Unborn   == stats["issued"] + 1
Named(r) == IF r = 0 \/ life[r] = 0 THEN Unborn ELSE life[r]
Drawn(r) == IF token[Named(r)] = "dead" THEN Unborn ELSE Named(r)

(***************************************************************************)
(* What an event tells of the step: the state that a handoff came to, if   *)
(* one did, and the end of the record, even if the record goes.  No record *)
(* and no end are told alike.                                              *)
(***************************************************************************)
Tells(e, t) ==
  /\ e.state = IF handoff'[t] = handoff[t] THEN "none" ELSE handoff'[t]
  /\ e.end = IF token'[t] = "live" THEN end'[t]
             ELSE IF token[t] = "live" THEN end[t] ELSE Never

Refused(e) == e.state = "none" /\ e.end = Never /\ UNCHANGED <<vars, life>>

ClosedOrOk == IF closed THEN "ErrClosed" ELSE "ok"

Answered(e, t, answer, changes, step) ==
  /\ e.answer = answer
  /\ IF changes THEN step ELSE UNCHANGED vars
  /\ Tells(e, t)
  /\ UNCHANGED life

(***************************************************************************)
(* Which draws collided is not told, and they did when they were made: by  *)
(* the time of the answer, other tokens may be live.  What is known is     *)
(* that there is room.  So it is when the random source fails.             *)
(***************************************************************************)
Drew(e, t, answer, step) ==
  \/ /\ e.ref # 0 /\ e.answer = "ok" /\ answer = "ok"
     /\ step
     /\ Tells(e, t)
     /\ life' = [life EXCEPT ![e.ref] = t]
  \/ /\ e.ref = 0 /\ answer # "ok" /\ e.answer = answer
     /\ Refused(e)
  \/ /\ e.ref = 0 /\ answer = "ok" /\ e.answer \in {"ErrCollision", "RandomFailed"}
     /\ Refused(e)

(***************************************************************************)
(* The steps of a sweep are told as Expire or Drop, and its last one as    *)
(* Sweep.  That is taken as a sweep which finds nothing to do: what came   *)
(* before it was told, and others may have had a part in it.               *)
(***************************************************************************)
TimedStep(e, t) ==
  LET n == e.at IN
  \/ /\ e.op = "Issue"
     /\ \E u \in {Drawn(e.ref)} : Drew(e, u, IssueAnswer(u, n), Issue(u, n))
  \/ /\ e.op = "Begin"
     /\ \E u \in {Drawn(e.ref)} : Drew(e, u, BeginAnswer(u, n), Begin(u, n))
  \/ /\ e.op = "Register"
     /\ LET answer == RegisterAnswer(t, n)
        IN Answered(e, t, answer, answer \in {"ok", "ErrTokenExpired"}, Register(t, n))
  \/ /\ e.op = "Consume"
     /\ LET u == Named(e.presented)
            answer == ConsumeAnswer(t, u, n)
        IN Answered(e, t, answer, answer \in {"ok", "ErrTokenExpired"}, Consume(t, u, n))
  \/ /\ e.op = "Acknowledge"
     /\ LET answer == AcknowledgeAnswer(t, n)
        IN Answered(e, t, answer, answer \in {"ok", "DeadlineError"}, Acknowledge(t, n))
  \/ /\ e.op = "Expire"
     /\ Answered(e, t, ClosedOrOk, ExpireAnswer(t, n) = "ok", Expire(t, n))
  \/ /\ e.op = "Drop"
     /\ Answered(e, t, DropAnswer(t, n), TRUE, Drop(t, n))
  \/ /\ e.op = "Sweep" /\ e.answer = "ok" /\ sweeping = n
     /\ e.state = "none" /\ e.end = Never
     /\ Sweep /\ UNCHANGED life
  \/ /\ e.op = "Sweep" /\ e.answer = "ErrClosed" /\ closed
     /\ Refused(e)

(***************************************************************************)
(* The steps of Close are told as Abandon or Drop.                         *)
(***************************************************************************)
UntimedStep(e, t) ==
  \/ /\ e.op = "Abandon"
     /\ Answered(e, t, ClosedOrOk, AbandonAnswer(t) # "none", Abandon(t))
  \/ /\ e.op = "Abandon" /\ Pending(t)
     /\ Answered(e, t, "ok", TRUE, CloseOne(t))
  \/ /\ e.op = "Drop" /\ Issued(t)
     /\ Answered(e, t, "ok", TRUE, CloseOne(t))
  \/ /\ e.op = "Close" /\ e.answer = ClosedOrOk /\ e.state = "none" /\ e.end = Never
     /\ IF CloseAnswer = "ok" THEN Close ELSE UNCHANGED vars
     /\ UNCHANGED life

Fits(e) ==
  \E t \in {Named(e.ref)} : IF e.at \in Instants THEN TimedStep(e, t)
                            ELSE e.at = Untimed /\ UntimedStep(e, t)
------------------------------------------------------------------------------
Open == verdict = "open" /\ position < Length

SweepBegins ==                    \* and ends in the same event
  /\ Event.op = "Sweep" /\ Event.answer = "ok" /\ Event.at \in Instants
  /\ StartSweep(Event.at)
  /\ UNCHANGED walk

Take ==
  /\ Open
  /\ \/ SweepBegins
     \/ /\ Fits(Event)
        /\ position' = position + 1
        /\ UNCHANGED <<trace, edit, verdict>>

Depart(e) ==                     \* from the recorded trace, by an edit of it
  /\ verdict = "open" /\ edit = 0 /\ sweeping = NoSweep
  /\ Edits[trace][e].after = position
  /\ edit' = e
  /\ UNCHANGED <<vars, trace, position, life, verdict>>

(***************************************************************************)
(* TLC prints the verdicts, since no property tells about many traces at   *)
(* once.  Of a refused one it prints the state that the event did not fit. *)
(***************************************************************************)
Before ==
  [now |-> now, closed |-> closed, sweeping |-> sweeping # NoSweep,
   live |-> {[ref |-> r, handoff |-> handoff[life[r]], end |-> end[life[r]],
              consumed |-> life[r] \in consumed] :
               r \in {q \in Refs : life[q] \in Live}}]

Say(word, detail) ==
  PrintT(word \o " " \o ToString(trace) \o " " \o ToString(edit) \o " "
         \o ToString(position) \o " " \o detail)

Accept ==
  /\ verdict = "open" /\ position = Length
  /\ verdict' = "accepted"
  /\ Say("accepted", "")
  /\ UNCHANGED <<vars, trace, edit, position, life>>

Refuse ==
  /\ Open /\ ~ENABLED Take
  /\ verdict' = "refused"
  /\ Say("refused", ToString(Before))
  /\ UNCHANGED <<vars, trace, edit, position, life>>

TraceInit ==
  /\ Init
  /\ trace \in DOMAIN Traces
  /\ edit = 0
  /\ position = 0
  /\ life = [r \in Refs |-> 0]
  /\ verdict = "open"

TraceNext ==
  \/ Take
  \/ \E e \in DOMAIN Edits[trace] : Depart(e)
  \/ Accept
  \/ Refuse

TraceSpec == TraceInit /\ [][TraceNext]_<<vars, walk>>
------------------------------------------------------------------------------
TraceTypeOK ==                    \* besides TypeOK
  /\ Unborn \in Tokens
  /\ trace \in DOMAIN Traces
  /\ edit \in {0} \cup DOMAIN Edits[trace]
  /\ position \in 0..Length
  /\ life \in [Refs -> {0} \cup Tokens]
  /\ verdict \in {"open", "accepted", "refused"}

AllAccepted == verdict # "refused"
IsHandoffAck == [][Next]_vars       \* for traces with few instants
==============================================================================
