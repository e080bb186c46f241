--------------------------- MODULE ProtocolState ----------------------------
(***************************************************************************)
(* The state while one client connection is handed over: a broker,         *)
(* backends, a link to each of them, the copies of the descriptor, and one *)
(* clock. The steps are in modules ProtocolBroker and ProtocolBackend;     *)
(* module HandoffProtocol composes them.                                   *)
(*                                                                         *)
(* An attempt is one offer of the connection, under a token of its own.    *)
(* Attempts are numbered. Where the broker appears among them, as a holder *)
(* of a descriptor or as a writer to the client, it is 0.                  *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
  Backends,     \* each has one link; a backend that redials is another backend
  Lease,        \* those whose link is in lease mode; the others wait for commit
  Kinds,        \* of clients: "explicit", "plain"
  MaxAttempts,  \* the maximum number of offers
  AckDeadline,  \* how long a handoff may be pending
  Margin,       \* by how much a lease ends before that
  Horizon,      \* the last instant of the clock
  Faults,       \* the kinds of fault that may occur
  MaxFaults     \* the maximum number of faults

Attempts  == 1..MaxAttempts
Instants  == 0..Horizon
NoReading == Horizon + 1

FaultKinds == {"crash", "freeze", "brokercrash", "brokerfreeze", "hangup", "cut",
               "leave", "drop", "giveup", "stray", "garble"}

ASSUME /\ {MaxAttempts, AckDeadline, Horizon} \subseteq Nat \ {0}
       /\ Margin \in Int
       /\ Lease \subseteq Backends
       /\ Kinds \subseteq {"explicit", "plain"}
       /\ Faults \subseteq FaultKinds
       /\ MaxFaults \in Nat
------------------------------------------------------------------------------
VARIABLES
  clock,    \* the one clock, which every party reads
  faults,   \* the number of faults so far

  link,     \* link[b]: "up"; "shutrd": the broker reads no more than is queued;
            \*   "left": the backend's end is closed; "cut": both ends are dead;
            \*   "closed": the broker's end is closed
  down,     \* down[b] is what was sent to b and not read yet
  up,       \* up[b] is what b sent and the broker has not read yet
  copy,     \* copy[t] is the descriptor of attempt t: "none", in "flight",
            \*   "open", "adopted" by a server, or "closed"; copy[0] the broker's
  shut,     \* whether the connection was shut down, which ends every copy
  written,  \* the writers of a first frame to the client: ready (t), fallback (0)

  kind,     \* whether the client expects ready or fallback
  client,   \* "waiting", or what the client has observed

  broker,   \* "up", "frozen" or "dead"
  conn,     \* the connection as the broker sees it: "mine"; "out" under an
            \*   attempt; "acked"; "doomed" to be fenced; "fenced"; sent
            \*   "fallback"; "proxy"; or "done"
  via,      \* via[t] is the backend of attempt t, for those begun
  life,     \* life[t] is the handoff in the registry
  since,    \* since[t] is the instant at which attempt t began
  sent,     \* sent[t] is how much of the offer was written: "no", "part", "all"
  settled,  \* the attempts whose backend is known to hold no copy
  owes,     \* owes[t] is the frame still to be sent for t: "commit", "revoke"
  held,     \* held[b] is the frame that the reader of b's link is processing, and
            \*   the reading of the clock by which it judges it
  due,      \* due[b] is the clock reading for which that reader expires, after a drain
  drained,  \* the links whose queue was seen empty after that reading

  alive,    \* alive[b]: "up", "frozen" or "dead"
  stage     \* stage[t] is the state of attempt t at its backend

kernel    == <<link, down, up, copy, shut, written>>
customer  == <<kind, client>>
registry  == <<via, life, since>>
reader    == <<held, due, drained>>
brokers   == <<broker, conn, registry, sent, settled, owes, reader>>
backends  == <<alive, stage>>
vars      == <<clock, faults, kernel, customer, brokers, backends>>

Begun  == 1..Len(via)
On(b)  == {t \in Begun : via[t] = b}
Last   == Len(via)
Frames == ({"offer", "commit", "revoke", "ack", "nack", "released"} \X Attempts)
          \cup {<<"garbage", 0>>}

TypeOK ==
  /\ clock \in Instants
  /\ faults \in 0..MaxFaults
  /\ link \in [Backends -> {"up", "shutrd", "left", "cut", "closed"}]
  /\ \A b \in Backends : /\ \A i \in DOMAIN down[b] : down[b][i] \in Frames
                         /\ \A i \in DOMAIN up[b] : up[b][i] \in Frames
  /\ copy \in [0..MaxAttempts -> {"none", "flight", "open", "adopted", "closed"}]
  /\ shut \in BOOLEAN
  /\ written \subseteq 0..MaxAttempts
  /\ kind \in Kinds
  /\ client \in {"waiting", "adopted", "fallback", "doubt", "ended", "gone"}
  /\ broker \in {"up", "frozen", "dead"}
  /\ conn \in {"mine", "out", "acked", "doomed", "fenced", "fallback", "proxy", "done"}
  /\ Len(via) <= MaxAttempts /\ \A t \in Begun : via[t] \in Backends
  /\ life \in [Attempts -> {"unborn", "pending", "acknowledged", "expired", "abandoned"}]
  /\ since \in [Attempts -> Instants]
  /\ sent \in [Attempts -> {"no", "part", "all"}]
  /\ settled \subseteq Attempts
  /\ owes \in [Attempts -> {"nothing", "commit", "revoke"}]
  /\ \A b \in Backends : /\ Len(held[b]) <= 1
                         /\ \A i \in DOMAIN held[b] : held[b][i] \in
                              [frame : Frames, read : Instants \cup {NoReading}]
  /\ due \in [Backends -> Instants \cup {NoReading}]
  /\ drained \subseteq Backends
  /\ alive \in [Backends -> {"up", "frozen", "dead"}]
  /\ stage \in [Attempts -> {"none", "held", "early", "sent", "owner", "serving",
                  "uncertain", "refusing", "refused", "revoked", "freed", "gone", "ended"}]

Init ==
  /\ clock = 0
  /\ faults = 0
  /\ link = [b \in Backends |-> "up"]
  /\ down = [b \in Backends |-> <<>>]
  /\ up = [b \in Backends |-> <<>>]
  /\ copy = [t \in 0..MaxAttempts |-> IF t = 0 THEN "open" ELSE "none"]
  /\ shut = FALSE
  /\ written = {}
  /\ kind \in Kinds
  /\ client = "waiting"
  /\ broker = "up"
  /\ conn = "mine"
  /\ via = <<>>
  /\ life = [t \in Attempts |-> "unborn"]
  /\ since = [t \in Attempts |-> 0]
  /\ sent = [t \in Attempts |-> "no"]
  /\ settled = {}
  /\ owes = [t \in Attempts |-> "nothing"]
  /\ held = [b \in Backends |-> <<>>]
  /\ due = [b \in Backends |-> NoReading]
  /\ drained = {}
  /\ alive = [b \in Backends |-> "up"]
  /\ stage = [t \in Attempts |-> "none"]
------------------------------------------------------------------------------
(***************************************************************************)
(* Time. The broker reads m for the lease before it reads t for the        *)
(* deadline; here they are one reading, and Margin is the difference.      *)
(***************************************************************************)
Deadline(t) == since[t] + AckDeadline
ServeBy(t)  == Deadline(t) - Margin
Over(n, t)  == n >= Deadline(t)

(***************************************************************************)
(* The kernel. A send is atomic with its arrival, or fails; what arrived   *)
(* can be read after the sender died. A process that died sends nothing,   *)
(* and what it had not read is lost, with the descriptors in it.           *)
(***************************************************************************)
CanSendDown(b) == link[b] \in {"up", "shutrd"} /\ alive[b] # "dead"
CanSendUp(b)   == link[b] = "up" /\ broker # "dead"

Send(queue, b, frame, t) == [queue EXCEPT ![b] = Append(@, <<frame, t>>)]

Close(t)     == [copy EXCEPT ![t] = "closed"]
CloseAll(T)  == [t \in DOMAIN copy |-> IF t \in T /\ copy[t] # "none"
                                       THEN "closed" ELSE copy[t]]
EndOfFile    == shut \/ \A t \in DOMAIN copy : copy[t] \in {"none", "closed"}
=============================================================================
