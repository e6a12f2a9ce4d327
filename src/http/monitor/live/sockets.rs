//! The lines to the clients of live streams. A stop closes those whose clients read nothing: what they were sent
//! last never goes out, and their connections would last as long as a stop waits.

use std::collections::BTreeMap;
use std::net::Shutdown;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::dev::Extensions;
use actix_web::{HttpMessage, HttpRequest};
use socket2::{SockRef, Socket};
use tokio::net::TcpStream;

use crate::door::StreamCut;

/// A second descriptor of a connection's socket, kept beside the connection: once actix serves it,
/// nothing else leads there.
pub struct ClientSocket(Socket);

impl ClientSocket {
    /// Called when a client connects. Without a descriptor its live stream ends with the stop's
    /// other deadlines.
    pub fn keep(stream: &TcpStream, extensions: &mut Extensions) {
        if let Ok(socket) = SockRef::from(stream).try_clone() {
            extensions.insert(Self(socket));
        }
    }
}

/// What ends a stream: its connection, or itself alone where the connection has others.
pub enum Line {
    Connection(Socket),
    Stream(StreamCut),
}

impl Line {
    /// To the client of a request.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        if let Some(stream) = request.extensions().get::<StreamCut>() {
            return Some(Self::Stream(stream.clone()));
        }
        let socket = request.conn_data::<ClientSocket>()?;
        socket.0.try_clone().ok().map(Self::Connection)
    }

    fn cut(self) {
        match self {
            // One whose client has read all is closed already.
            Self::Connection(socket) => drop(socket.shutdown(Shutdown::Both)),
            Self::Stream(stream) => stream.cut(),
        }
    }
}

#[derive(Clone, Default)]
pub struct Sockets(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    next: u64,
    by_number: BTreeMap<u64, Line>,
    is_closing: bool,
}

/// A stream's entry; dropping it takes the socket out. During a stop it stays, for the stream's end
/// may not have gone out.
pub struct Entry {
    number: u64,
    sockets: Sockets,
}

impl Sockets {
    pub fn enter(&self, line: Option<Line>) -> Entry {
        let mut open = self.open();
        let number = open.next;
        open.next += 1;
        if let Some(line) = line {
            open.by_number.insert(number, line);
        }
        Entry { number, sockets: self.clone() }
    }

    /// From now on streams end.
    pub fn close(&self) {
        self.open().is_closing = true;
    }

    /// Closes the connections of the streams that there were since [`Self::close`].
    pub fn cut(&self) {
        std::mem::take(&mut self.open().by_number).into_values().for_each(Line::cut);
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
