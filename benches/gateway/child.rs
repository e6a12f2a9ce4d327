//! A process that the bench started and must end.

use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// Ends when dropped: by SIGTERM, and killed if that has no effect.
pub struct ChildProcess {
    name: &'static str,
    child: Child,
}

impl ChildProcess {
    pub fn new(name: &'static str, child: Child) -> Self {
        Self { name, child }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The exit status, if it has ended by itself.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Sends SIGTERM and waits for the end; an exit status other than 0 is an error.
    pub fn stop(mut self, patience: Duration) -> Result<()> {
        let status = self.terminate(patience)?;
        ensure!(status.success(), "the {} ended with {status} after SIGTERM", self.name);
        Ok(())
    }

    fn terminate(&mut self, patience: Duration) -> Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        // The shell's own `kill`: the standard library sends nothing but SIGKILL.
        Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()])
            .status()?;
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().context("waiting for a child")? {
                return Ok(status);
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        bail!("the {} did not end within {patience:?} after SIGTERM", self.name)
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        if self.terminate(Duration::from_secs(5)).is_err() {
            // Nothing is left to do for a process that cannot be killed either.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
