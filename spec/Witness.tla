------------------------------ MODULE Witness --------------------------------
(***************************************************************************)
(* Against vacuity. First: an operation takes a step exactly when its      *)
(* answer says so. Hence reaching an answer means reaching its effect.     *)
(*                                                                         *)
(* Then one invariant for each answer of each operation, which says that   *)
(* it is NEVER given. TLC must find every one of them violated.            *)
(***************************************************************************)
EXTENDS Guarantees

AnswersDecide ==
  \A t \in Tokens, n \in Instants :
    /\ ENABLED Issue(t, n) <=> IssueAnswer(t, n) = "ok"
    /\ ENABLED Begin(t, n) <=> BeginAnswer(t, n) = "ok"
    /\ ENABLED Register(t, n) <=> RegisterAnswer(t, n) \in {"ok", "ErrTokenExpired"}
    /\ ENABLED Acknowledge(t, n) <=> AcknowledgeAnswer(t, n) \in {"ok", "DeadlineError"}
    /\ ENABLED Abandon(t) <=> AbandonAnswer(t) \in {"ok", "revoked"}
    /\ ENABLED Expire(t, n) <=> ExpireAnswer(t, n) = "ok"
    /\ ENABLED Drop(t, n) <=> DropAnswer(t, n) = "ok"
    /\ \A u \in Tokens :
         ENABLED Consume(t, u, n) <=> ConsumeAnswer(t, u, n) \in {"ok", "ErrTokenExpired"}

AnswersDecideSweepAndClose ==
  /\ \A n \in Instants : ENABLED StartSweep(n) <=> ~closed /\ SweepAnswer = "idle"
  /\ ENABLED (\E t \in Tokens : SweepOne(t)) <=> SweepAnswer = "more"
  /\ ENABLED Sweep <=> SweepAnswer = "ok"
  /\ ENABLED Close <=> CloseAnswer = "ok"
  /\ \A t \in Tokens : ENABLED CloseOne(t) <=> closed /\ t \in Live
------------------------------------------------------------------------------
Issues(a)       == \E t \in Draws, n \in Instants : IssueAnswer(t, n) = a
Begins(a)       == \E t \in Draws, n \in Instants : BeginAnswer(t, n) = a
Registers(a)    == \E t \in Tokens, n \in Instants : RegisterAnswer(t, n) = a
Consumes(T, a)  == \E t \in T, u \in Tokens, n \in Instants : ConsumeAnswer(t, u, n) = a
Acknowledges(a) == \E t \in Tokens, n \in Instants : AcknowledgeAnswer(t, n) = a
Abandons(a)     == \E t \in Tokens : AbandonAnswer(t) = a
Expires(a)      == \E t \in Tokens, n \in Instants : ExpireAnswer(t, n) = a
Drops(a)        == \E t \in Tokens, n \in Instants : DropAnswer(t, n) = a

NeverIssueOk            == ~Issues("ok")
NeverIssueDrop          == ~Issues("Drop")
NeverIssueFull          == ~Issues("ErrFull")
NeverIssueCollision     == ~Issues("ErrCollision")
NeverIssueClosed        == ~Issues("ErrClosed")

NeverBeginOk            == ~Begins("ok")
NeverBeginDrop          == ~Begins("Drop")
NeverBeginFull          == ~Begins("ErrFull")
NeverBeginCollision     == ~Begins("ErrCollision")
NeverBeginClosed        == ~Begins("ErrClosed")

NeverRegisterOk         == ~Registers("ok")
NeverRegisterNotLive    == ~Registers("ErrTokenNotLive")
NeverRegisterPending    == ~Registers("ErrAlreadyPending")
NeverRegisterExpired    == ~Registers("ErrTokenExpired")
NeverRegisterClosed     == ~Registers("ErrClosed")

Pendings == {t \in Tokens : Pending(t)}

NeverConsumePendingOk      == ~Consumes(Pendings, "ok")
NeverConsumePendingExpired == ~Consumes(Pendings, "ErrTokenExpired")
NeverConsumeIssuedOk       == ~Consumes(Tokens \ Pendings, "ok")
NeverConsumeIssuedExpired  == ~Consumes(Tokens \ Pendings, "ErrTokenExpired")
NeverConsumeConsumed       == ~Consumes(consumed, "ErrTokenNotLive")
NeverConsumeNotLive        == ~Consumes(Tokens \ Live, "ErrTokenNotLive")
NeverConsumeMismatch       == ~Consumes(Tokens, "ErrTokenMismatch")
NeverConsumeClosed         == ~Consumes(Tokens, "ErrClosed")

NeverAcknowledgeOk         == ~Acknowledges("ok")
NeverAcknowledgeLate       == ~Acknowledges("DeadlineError")
NeverAcknowledgeNotPending == ~Acknowledges("ErrNotPending")
NeverAcknowledgeClosed     == ~Acknowledges("ErrClosed")

NeverAbandonOk          == ~Abandons("ok")
NeverAbandonRevoked     == ~Abandons("revoked")
NeverAbandonNone        == ~Abandons("none")
NeverExpireOk           == ~Expires("ok")
NeverExpireNone         == ~Expires("none")
NeverDropOk             == ~Drops("ok")
NeverDropNone           == ~Drops("none")

NeverSweepIdle          == SweepAnswer # "idle"
NeverSweepExpires       == SweepAnswer = "more" => Oldest(sweeping) \cap Pendings = {}
NeverSweepDrops         == SweepAnswer = "more" => Oldest(sweeping) \subseteq Pendings
NeverSweepOk            == ~(SweepAnswer = "ok" /\ ~closed)
NeverSweepCutShort      == ~(SweepAnswer = "ok" /\ closed /\ Overdue(sweeping) # {})

NeverCloseOk            == CloseAnswer # "ok"
NeverCloseNone          == CloseAnswer # "none"
NeverCloseOneAbandons   == ~(closed /\ Pendings # {})
NeverCloseOneRevokes    == ~(closed /\ \E t \in Tokens : Issued(t))
==============================================================================
