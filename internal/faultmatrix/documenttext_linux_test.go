package faultmatrix_test

// preamble is the document above its tables.
const preamble = `# Faults at every step

Real processes, a broker, two backends and a client, hand one connection over. One of
them stops right after a step of the protocol, and there the fault happens to it. This
table says what the client saw, in each of %d cells; %d more would mean nothing, and say
why. It is written by the test that runs them (` + "`go test ./internal/faultmatrix -update`" + `), and held
to what it sees.

The faults:

- **kill**: SIGKILL. The process is waited for: an end of file that it leaves is read sooner than its copies are closed.
- **freeze**: SIGSTOP until past the deadline of the ACK, then SIGCONT.
- **stuck**: SIGSTOP until its client has ended, then SIGCONT.
- **link**: its link is shut down in both directions. What had arrived can be read, and nothing arrives any more, as when the other end had gone. The client's link is its connection.
- **garbage**: 64 random bytes are written on its link, the first of which begins no frame.
- **blocking**: O_NONBLOCK is cleared on its copy of the connection, and so on everybody's but the client's.

In every cell:

- no connection ever has two owners: of all parties that began to serve it there is one at most, be it a backend, the broker by fallback or proxy, or its caller, and a client reads the bytes of one party, its owner, and ready only from that;
- the client ends, as the table says;
- every handoff leaves the registry once, every client has one outcome, and whoever was served to the end by a backend was adopted;
- no descriptor is left, by the ledgers and by /proc;
- other clients finish while the faulty party is still stopped: one that was served before, and a new one unless the broker is stopped.

What the client saw:

- **first backend**, **second backend**: it was served by that; the first is the one that the connection was offered to first. **then the end**: until the connection ended. **ready**: it was told that it is served, and then read the end. **its owner was killed**: by the fault.
- **reconnected**: it was told that nobody owned its connection, and was served by a new one. **proxied**: the broker served it by proxy. **caller**: the broker's caller did, who had the connection back.
- **doubt**: the typed error of a client that cannot know whether an owner had read what it wrote. **the end**: what a plain client reads instead. **no connection**: it could not connect, or not say hello.
`
