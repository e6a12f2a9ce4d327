//! The side of the new process.

use std::io::{self, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use rustix::cmsg_space;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use super::{GO, KEPT, LAUNCHES, MOST_SOCKETS, READY, STARTED, TAKES_OVER, VARIABLE};
use crate::app::StartError;
use crate::app::listeners::Inherited;

/// For the other process to stop accepting.
const GO_TIMEOUT: Duration = Duration::from_secs(10);

/// In the process in between: starts the new one. Nothing in any other process.
pub fn launch() -> Option<io::Result<()>> {
    let is_between = std::env::var_os(VARIABLE).is_some_and(|value| value == LAUNCHES);
    is_between.then(|| {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(std::env::args_os().skip(1)).env(VARIABLE, TAKES_OVER);
        let [a, b, c, d] = command.spawn()?.id().to_be_bytes();
        stream()?.write_all(&[STARTED, a, b, c, d])
    })
}

/// The running router that this process replaces.
pub struct Predecessor {
    stream: UnixStream,
}

impl Predecessor {
    /// With the sockets that it passes on.
    ///
    /// # Errors
    /// When the sockets do not come.
    pub fn of_this_process() -> Result<Option<(Self, Inherited)>, StartError> {
        if std::env::var_os(VARIABLE).is_none_or(|value| value != TAKES_OVER) {
            return Ok(None);
        }
        let failed = |error: io::Error| StartError::TakeOver(error.to_string());
        let stream = stream().map_err(failed)?;
        let inherited = receive(&stream).map_err(failed)?;
        Ok(Some((Self { stream }, inherited)))
    }

    /// Says that this process serves, and waits until the other one has stopped accepting. One that
    /// ends meanwhile is not waited for.
    ///
    /// # Errors
    /// When the other one is no longer interested.
    pub fn take_over(mut self) -> Result<(), StartError> {
        let gave_up = |error: io::Error| StartError::TakeOver(error.to_string());
        self.stream.write_all(&[READY]).map_err(gave_up)?;
        let _ = self.stream.set_read_timeout(Some(GO_TIMEOUT));
        let mut answer = [0];
        let is_told = self.stream.read_exact(&mut answer).is_ok() && answer == [GO];
        if !is_told {
            log::debug!("the router that this one replaces has ended");
        }
        Ok(())
    }
}

/// The other end of what the running router holds.
fn stream() -> io::Result<UnixStream> {
    Ok(UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?))
}

fn receive(stream: &UnixStream) -> io::Result<Inherited> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MOST_SOCKETS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut kind = [0];
    let received =
        recvmsg(stream, &mut [IoSliceMut::new(&mut kind)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    if received.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut sockets = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            sockets.extend(descriptors.map(TcpListener::from));
        }
    }
    if sockets.is_empty() {
        return Err(io::Error::other("no socket came"));
    }
    Ok(Inherited::new(sockets, kind == [KEPT]))
}
