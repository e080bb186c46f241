--------------------------- MODULE ProtocolWitness --------------------------
(***************************************************************************)
(* Against vacuity: one invariant for each situation that the protocol is  *)
(* made for, which says that it NEVER occurs. TLC must find every one of   *)
(* them violated.                                                          *)
(***************************************************************************)
EXTENDS ProtocolGuarantees

QueuedUp(t, f) == \E i \in DOMAIN up[via[t]] : up[via[t]][i] = <<f, t>>
HeldUp(b, f)   == held[b] # <<>> /\ held[b][1].frame[1] = f

\* The lease and the commit.
NeverServesBeforeBrokerKnows == ~\E t \in Begun : stage[t] = "serving" /\ life[t] = "pending"
NeverUncertainIsCommitted    == ~\E t \in Begun : stage[t] = "uncertain" /\ Told(t)
                                                  /\ life[t] = "acknowledged"
NeverReadyIsRead             == client # "adopted"
NeverOwnerOutlivesBroker     == ~\E t \in Begun : Owns(t) /\ broker = "dead"

\* Late ACKs, and no ACK.
NeverOwnerIsFenced           == ~(conn = "fenced" /\ Owns(Last))
NeverAckAfterExpiry          == ~\E t \in Begun : life[t] = "expired" /\ QueuedUp(t, "ack")
                                                  /\ conn = "mine"
NeverUncertainReleases       == ~\E t \in Begun : QueuedUp(t, "released")
NeverAckBehindShutRd         == ~\E t \in Begun : link[via[t]] = "shutrd" /\ QueuedUp(t, "ack")
                                                  /\ stage[t] = "owner"
NeverPartOfferBreaksLink     == ~\E t \in Begun : link[via[t]] = "shutrd" /\ sent[t] = "part"
NeverAckBehindGarbage        == ~\E t \in Begun : HeldUp(via[t], "garbage") /\ QueuedUp(t, "ack")
NeverCommitBehindLinkEnd     == ~\E t \in Begun : link[via[t]] = "closed" /\ Told(t)
                                                  /\ stage[t] = "uncertain"

\* The next backend.
NeverNackThenAdopted         == ~(Last = 2 /\ life[1] = "abandoned" /\ Owns(2))
NeverExpiredThenAdopted      == ~(Last = 2 /\ life[1] = "expired" /\ Owns(2))
NeverSameLinkAgain           == ~(Last = 2 /\ via[1] = via[2] /\ Owns(2))
NeverStrayBesideOwner        == ~(Last = 2 /\ Owns(2) /\ HeldUp(via[2], "ack")
                                  /\ Subject(via[2]) = 1)

\* How the client ends.
NeverFallbackBesideHolder    == ~(client = "fallback" /\ \E t \in Begun : copy[t] = "open")
NeverProxyBesideHolder       == ~(conn = "proxy" /\ \E t \in Begun : copy[t] = "open")
NeverDoubt                   == client # "doubt"
=============================================================================
