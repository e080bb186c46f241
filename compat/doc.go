// Package compat speaks the older form of a handoff, that of running-process 4.5.5, with brokers
// and backends that know no other. Who controls both ends uses packages broker and backend instead.
//
// The form has one handoff to a link, which is a Unix stream socket between the two processes. The
// sender writes the 16 bytes of a token, with the descriptor of the connection, and then the frame of
// an offer. The receiver answers with the frame of an ACK, and serves if it accepted. The bytes are in
// docs/reference.md, and in package wire.
//
// The connection arrives in blocking mode: a backend of running-process reads from it as soon as it has
// written its ACK. A connection that comes back to the sender is non-blocking again. The ACK may be as
// large as any frame of running-process, 16 MiB; memory for it grows with what has arrived.
//
// A broker's side is [Sender.Handoff]; a backend's side is [Accept] for one link, or [Listen] for all
// that connect to a control socket.
//
// # What is not promised
//
// That the connection has one owner. The form has no lease and no commit: a receiver serves from the
// moment that it has sent its ACK, whenever that is read. Say it sends the ACK one millisecond before
// the deadline, and the sender reads it one millisecond after: the receiver serves, and the sender
// must take the handoff for expired. What can be done is done: one deadline holds for the whole ACK,
// not for each read, and a connection whose ACK came late, or cannot be read, is shut down for
// everybody. So the client of such a backend may see its connection end while it is served, but two
// parties never go on serving it.
//
// That a connection can be offered again. A receiver that ends its link without an answer may hold
// the connection, or serve it: [broker.Outcome] then has Settled false. Only a rejection gives the
// connection back for certain. Who holds a copy still may read from it, and may set it to blocking mode
// again, in which reads ignore their deadlines: end a connection that is not settled, or tell its client
// to reconnect, rather than serve it.
package compat
