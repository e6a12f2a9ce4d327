//! What the system tells the process.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Of Linux, macOS and the BSDs.
const SIGXFSZ: i32 = 25;

pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// From here on these signals do not end the process by themselves.
    ///
    /// # Errors
    /// When the system gives no signals.
    pub fn listen() -> io::Result<Self> {
        // Under `LimitFSIZE` a file that may not grow is an error of the write, not the end.
        drop(signal(SignalKind::from_raw(SIGXFSZ))?);
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// SIGTERM or SIGINT.
    ///
    /// # Cancel safety
    /// No signal is lost when it is dropped while waiting.
    pub async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Waits for SIGTERM or SIGINT, and does this at each SIGHUP until then.
    pub async fn stop_after(&mut self, at_hang_up: impl AsyncFn()) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hang_up.recv() => at_hang_up().await,
            }
        }
    }
}
