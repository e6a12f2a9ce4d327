//! The side of the running process.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream as StdStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::cmsg_space;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::{GO, KEPT, LAUNCHES, MOST_SOCKETS, OURS, READY, STARTED, VARIABLE};
use crate::app::listeners::Listeners;

/// For the new process to serve.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// Variables that systemd means for one process alone.
const OF_ONE_PROCESS: [&str; 4] = ["LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "WATCHDOG_PID"];

/// How the new process is started: what lies now where this one's program was.
#[derive(Clone)]
pub struct Program {
    path: PathBuf,
    /// Variables that the new process reads for itself, from the `.env` of its working directory.
    unset: Vec<String>,
}

/// A process that is to replace this one. It is ended when this is dropped before it serves.
pub struct Successor {
    /// The process in between.
    launcher: Child,
    process_id: Option<u32>,
    stream: UnixStream,
    is_serving: bool,
}

impl Program {
    /// Called at the start: later the path is that of a file that may have been replaced.
    ///
    /// # Errors
    /// When the system does not say where the program lies.
    pub fn of_this_process(unset: Vec<String>) -> io::Result<Self> {
        Ok(Self { path: std::env::current_exe()?, unset })
    }

    /// Starts it, and passes the sockets on.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(in crate::app) fn start(&self, listeners: &Listeners) -> io::Result<Successor> {
        let (ours, theirs) = StdStream::pair()?;
        send(&ours, listeners)?;
        ours.set_nonblocking(true)?;
        let stream = UnixStream::from_std(ours)?;
        let mut command = Command::new(&self.path);
        command.args(std::env::args_os().skip(1));
        for name in self.unset.iter().map(String::as_str).chain(OF_ONE_PROCESS) {
            command.env_remove(name);
        }
        let command = command.env(VARIABLE, LAUNCHES).stdin(Stdio::from(OwnedFd::from(theirs)));
        Ok(Successor { launcher: command.spawn()?, process_id: None, stream, is_serving: false })
    }
}

impl Successor {
    /// Waits until there is a new process, and returns its id.
    ///
    /// # Errors
    /// When it cannot be started.
    ///
    /// # Cancel safety
    /// Not to be called again.
    pub async fn started(&mut self) -> io::Result<u32> {
        let [kind, a, b, c, d] = self.receive().await?;
        if kind != STARTED {
            return Err(ended());
        }
        let process_id = u32::from_be_bytes([a, b, c, d]);
        self.process_id = Some(process_id);
        Ok(process_id)
    }

    /// Waits until it serves.
    ///
    /// # Errors
    /// When it ended instead, or takes too long.
    ///
    /// # Cancel safety
    /// Not to be called again.
    pub async fn serves(&mut self) -> io::Result<()> {
        if self.receive().await? != [READY] {
            return Err(ended());
        }
        self.is_serving = true;
        Ok(())
    }

    async fn receive<const LENGTH: usize>(&mut self) -> io::Result<[u8; LENGTH]> {
        let mut message = [0; LENGTH];
        let receive = async {
            loop {
                self.stream.readable().await?;
                match self.stream.try_read(&mut message) {
                    // Both messages are sent as a whole.
                    Ok(length) if length == LENGTH => return Ok(()),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Ok(_) | Err(_) => return Err(ended()),
                }
            }
        };
        let late = || Err(io::Error::other("it did not serve within two minutes"));
        timeout(START_TIMEOUT, receive).await.unwrap_or_else(|_| late())?;
        Ok(message)
    }

    /// Tells it that this process does not accept any more.
    pub fn go(&self) {
        // Its end is no matter of this process.
        let _ = self.stream.try_write(&[GO]);
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        let id = self.process_id.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        match id {
            // It may have ended by itself.
            Some(id) if !self.is_serving => drop(kill_process(id, Signal::KILL)),
            Some(_) => {}
            None => drop(self.launcher.kill()),
        }
        drop(self.launcher.wait());
    }
}

fn ended() -> io::Error {
    io::Error::other("it ended; its own lines in the log say why")
}

fn send(stream: &StdStream, listeners: &Listeners) -> io::Result<()> {
    let descriptors: Vec<_> = listeners.sockets().iter().map(TcpListener::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MOST_SOCKETS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::Error::other(format!("only {MOST_SOCKETS} sockets can be passed on")));
    }
    let kind = if listeners.are_shared() { KEPT } else { OURS };
    sendmsg(stream, &[IoSlice::new(&[kind])], &mut control, SendFlags::empty())?;
    Ok(())
}
