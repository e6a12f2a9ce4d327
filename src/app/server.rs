//! The web server on the opened sockets: plain HTTP by actix-web's own, or TLS by [`crate::door`].

use std::any::Any;
use std::fmt::Debug;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_http::{Extensions, Request, Response};
use actix_rt::net::TcpStream;
use actix_service::{IntoServiceFactory, ServiceFactory, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Server};
use actix_web::{Error, HttpServer};
use socket2::SockRef;

use super::connections::Connections;
use crate::config::settings::Settings;
use crate::door::{self, Certificate, Door, Drain, Times};
use crate::http::ClientSocket;

/// Idle client connections are kept this long; above the 60 s of common proxies, so that the proxy
/// closes first.
const CLIENT_KEEP_ALIVE: Duration = Duration::from_secs(75);

/// A client that connects and sends no request head is disconnected.
const CLIENT_HEAD: Duration = Duration::from_secs(15);

/// How it is served.
pub struct Service {
    sockets: Vec<TcpListener>,
    connections: Connections,
    workers: usize,
    stall: Duration,
    /// `Running::stop` ends what is left itself, earlier.
    shutdown_timeout: u64,
}

impl Service {
    pub fn new(settings: &Settings, sockets: Vec<TcpListener>, connections: Connections) -> Self {
        Self {
            sockets,
            connections,
            workers: settings.workers,
            stall: settings.client_stall_timeout,
            shutdown_timeout: settings.shutdown_timeout.as_secs().saturating_add(60),
        }
    }

    /// # Errors
    /// When a socket cannot be served.
    pub fn plain<F, I, S, B>(self, application: F) -> io::Result<Server>
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig, Error = Error> + 'static,
        S::InitError: Debug,
        S::Response: Into<Response<B>> + 'static,
        S::Service: 'static,
        <S::Service as actix_service::Service<Request>>::Future: 'static,
        B: MessageBody + 'static,
    {
        let Self { stall, connections, .. } = self;
        let mut server = HttpServer::new(application)
            .workers(self.workers)
            .keep_alive(CLIENT_KEEP_ALIVE)
            .client_request_timeout(CLIENT_HEAD)
            .shutdown_timeout(self.shutdown_timeout)
            .tcp_nodelay(true)
            // A client that closes its side has left: its call is cancelled, before the head of the
            // answer as well as in a stream.
            .h1_allow_half_closed(false)
            .on_connect(move |connection, extensions| {
                drop_when_stalled(connection, stall);
                if let Some(stream) = connection.downcast_ref::<TcpStream>() {
                    ClientSocket::keep(stream, extensions);
                }
                connections.count(extensions);
            })
            .disable_signals();
        for listener in self.sockets {
            server = server.listen(listener)?;
        }
        Ok(server.run())
    }

    /// # Errors
    /// When a socket cannot be served.
    pub fn secured<F, I, S, B>(
        self,
        application: F,
        certificate: Arc<Certificate>,
        drain: Drain,
    ) -> io::Result<Server>
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig, Error = Error> + 'static,
        S::InitError: Debug,
        S::Response: Into<Response<B>> + 'static,
        S::Service: 'static,
        <S::Service as actix_service::Service<Request>>::Future: 'static,
        B: MessageBody + 'static,
    {
        let times = Times { head: CLIENT_HEAD, keep_alive: CLIENT_KEEP_ALIVE, stall: self.stall };
        let door = Door::new(certificate, drain, times).map_err(io::Error::other)?;
        let mut builder = Server::build();
        let stopping = builder.graceful_shutdown_signal();
        let connections = self.connections;
        let service = move || {
            let (application, stopping) = (application.clone(), stopping.clone());
            let connections = connections.clone();
            let made = move || map_config(application(), |()| AppConfig::default());
            let is_stopping = move || {
                let stopping = stopping.clone();
                Box::pin(async move { stopping.notified().await }) as _
            };
            let on_connect = move |stream: &TcpStream, extensions: &mut Extensions| {
                ClientSocket::keep(stream, extensions);
                connections.count(extensions);
            };
            door::service(door.clone(), made, (on_connect, is_stopping))
        };
        builder =
            builder.workers(self.workers).shutdown_timeout(self.shutdown_timeout).disable_signals();
        for listener in self.sockets {
            builder = builder.listen("tls", listener, service.clone())?;
        }
        Ok(builder.run())
    }
}

/// actix-web 4.18 waits for ever for a client that reads nothing, and the upstream call waits with
/// it. The kernel can end that.
fn drop_when_stalled(connection: &dyn Any, stall: Duration) {
    if let Some(stream) = connection.downcast_ref::<TcpStream>() {
        // On a system without the option, only such clients are affected.
        let _ = SockRef::from(stream).set_tcp_user_timeout(Some(stall));
    }
}
