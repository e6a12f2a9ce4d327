//! The listening sockets: opened here, or passed on by systemd or by the router that this one
//! replaces.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;

use listenfd::ListenFd;
use log::{debug, info};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::StartError;
use crate::config::own_address::url_of;
use crate::config::settings::Settings;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;

/// Sockets that another process opened.
#[derive(Clone, Default)]
pub struct Inherited {
    sockets: Arc<[TcpListener]>,
    /// Whether that process keeps them open, as systemd does.
    are_kept: bool,
}

pub(super) struct Listeners {
    sockets: Vec<TcpListener>,
    /// Whether another process holds them as well.
    are_shared: bool,
}

impl Inherited {
    pub(super) fn new(sockets: Vec<TcpListener>, are_kept: bool) -> Self {
        Self { sockets: sockets.into(), are_kept }
    }

    /// The sockets of `LISTEN_FDS`, if there are any.
    ///
    /// # Errors
    /// When one is not a listening TCP socket.
    pub(super) fn of_systemd() -> Result<Self, StartError> {
        let mut passed = ListenFd::from_env();
        let mut sockets = Vec::new();
        for number in 0..passed.len() {
            let listener = passed.take_tcp_listener(number);
            let is_listening = |socket: &TcpListener| SockRef::from(socket).is_listener();
            match listener {
                Ok(Some(socket)) if is_listening(&socket).unwrap_or(true) => sockets.push(socket),
                Ok(_) => {
                    return Err(StartError::Inherited(number, String::from("does not listen")));
                }
                Err(error) => return Err(StartError::Inherited(number, error.to_string())),
            }
        }
        Ok(Self::new(sockets, true))
    }
}

impl Listeners {
    /// # Errors
    /// When the port cannot be opened.
    pub fn open(settings: &Settings, inherited: &Inherited) -> Result<Self, StartError> {
        if inherited.sockets.is_empty() {
            return Ok(Self { sockets: vec![listen(settings)?], are_shared: false });
        }
        let mut sockets = Vec::new();
        for socket in &*inherited.sockets {
            sockets.push(socket.try_clone().map_err(|error| bind_error(settings, &error))?);
        }
        info!("the listening sockets are those that were passed; --host and --port do not count");
        Ok(Self { sockets, are_shared: inherited.are_kept })
    }

    /// The settings with the address that is really listened on.
    pub fn settle(&self, settings: Settings) -> Settings {
        match self.addresses().first() {
            None => settings,
            // The name that was given stays, where there is one.
            Some(address) if !self.are_shared => Settings { port: address.port(), ..settings },
            Some(address) => {
                Settings { host: address.ip().to_string(), port: address.port(), ..settings }
            }
        }
    }

    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect()
    }

    /// For the log: `http://localhost:8000`.
    pub fn urls(&self, is_tls: bool) -> String {
        let addresses = self.addresses().into_iter();
        let urls: Vec<String> = addresses.map(|address| url_of(address, is_tls)).collect();
        urls.join(" and ")
    }

    /// A second descriptor of each, for the server.
    ///
    /// # Errors
    /// When no more descriptors are to be had.
    pub fn duplicates(&self) -> io::Result<Vec<TcpListener>> {
        self.sockets.iter().map(TcpListener::try_clone).collect()
    }

    pub fn sockets(&self) -> &[TcpListener] {
        &self.sockets
    }

    /// Whether new connections wait in the sockets, for another process to accept them.
    pub fn are_shared(&self) -> bool {
        self.are_shared
    }

    /// From now on another process accepts the connections as well.
    pub fn share(&mut self) {
        self.are_shared = true;
    }

    /// Has the kernel refuse new connections. A shared socket stays as it is: for the other process
    /// it would be closed, too.
    pub fn refuse(&self) {
        if self.are_shared {
            return;
        }
        for socket in &self.sockets {
            if let Err(failure) = SockRef::from(socket).shutdown(Shutdown::Both) {
                debug!("new connections wait until the stop: {failure}");
            }
        }
    }
}

/// Opens the port, with a backlog for bursts of connections.
fn listen(settings: &Settings) -> Result<TcpListener, StartError> {
    let open = |to: SocketAddr| {
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.bind(&to.into())?;
        socket.listen(BACKLOG)?;
        Ok::<_, io::Error>(TcpListener::from(socket))
    };
    let resolved = settings.bind_address().to_socket_addrs();
    let mut addresses = resolved.map_err(|error| bind_error(settings, &error))?;
    let none = || io::Error::other("the host has no address");
    let opened = addresses.next().ok_or_else(none).and_then(open);
    opened.map_err(|error| bind_error(settings, &error))
}

pub(super) fn bind_error(settings: &Settings, error: &io::Error) -> StartError {
    let reason = match error.kind() {
        io::ErrorKind::AddrInUse => String::from(
            "the port is taken by another program; choose another with --port or LLM_ROUTER_PORT",
        ),
        _ => error.to_string(),
    };
    StartError::Bind { address: settings.bind_address(), reason }
}
