//! A new process takes over the listening sockets of a running one (`SIGUSR2`), which then ends its
//! calls in flight and stops. No connection is refused in between, and none waits.
//!
//! The new process gets a socket pair in the place of its standard input. Over it come the
//! listening sockets; then it says that it serves, and is told that the other one has stopped
//! accepting.
//!
//! It is started by a process in between, which ends at once, and so becomes a child of systemd.
//! systemd 252 does not wait for the end of a main process that is none of its children: a stop
//! would kill it with its calls.

mod predecessor;
mod successor;

pub use predecessor::{Predecessor, launch};
pub use successor::Program;

/// Set in the environment of the new process and of the one in between.
const VARIABLE: &str = "LLM_ROUTER_TAKES_OVER";
const LAUNCHES: &str = "launches";
const TAKES_OVER: &str = "takes over";

/// What comes with the sockets: whether systemd keeps them open.
const KEPT: u8 = b'k';
const OURS: u8 = b'o';

/// From the process in between: the new one has been started. Its id follows, four bytes.
const STARTED: u8 = b's';

/// From the new process: it serves.
const READY: u8 = b'r';

/// From the old one: it does not accept any more.
const GO: u8 = b'g';

/// Listening sockets that can be passed on.
const MOST_SOCKETS: usize = 16;
