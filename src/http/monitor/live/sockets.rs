//! The sockets of live streams. A stop closes those whose clients read nothing: what they were sent
//! last never goes out, and their connections would last as long as a stop waits.

use std::any::Any;
use std::collections::BTreeMap;
use std::net::Shutdown;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::dev::Extensions;
use socket2::{SockRef, Socket};
use tokio::net::TcpStream;

/// A second descriptor of a connection's socket, kept beside the connection: once actix serves it,
/// nothing else leads there.
pub struct ClientSocket(Socket);

impl ClientSocket {
    /// Called when a client connects. Without a descriptor its live stream ends with the stop's
    /// other deadlines.
    pub fn keep(connection: &dyn Any, extensions: &mut Extensions) {
        let stream = connection.downcast_ref::<TcpStream>();
        let socket = stream.and_then(|stream| SockRef::from(stream).try_clone().ok());
        if let Some(socket) = socket {
            extensions.insert(Self(socket));
        }
    }

    fn duplicate(&self) -> Option<Socket> {
        self.0.try_clone().ok()
    }
}

#[derive(Clone, Default)]
pub struct Sockets(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    next: u64,
    by_number: BTreeMap<u64, Socket>,
    is_closing: bool,
}

/// A stream's entry; dropping it takes the socket out. During a stop it stays, for the stream's end
/// may not have gone out.
pub struct Entry {
    number: u64,
    sockets: Sockets,
}

impl Sockets {
    pub fn enter(&self, socket: Option<&ClientSocket>) -> Entry {
        let mut open = self.open();
        let number = open.next;
        open.next += 1;
        if let Some(socket) = socket.and_then(ClientSocket::duplicate) {
            open.by_number.insert(number, socket);
        }
        Entry { number, sockets: self.clone() }
    }

    /// From now on streams end.
    pub fn close(&self) {
        self.open().is_closing = true;
    }

    /// Closes the connections of the streams that there were since [`Self::close`].
    pub fn cut(&self) {
        for socket in std::mem::take(&mut self.open().by_number).into_values() {
            // One whose client has read all is closed already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut open = self.sockets.open();
        if !open.is_closing {
            open.by_number.remove(&self.number);
        }
    }
}
