//! What actix-server runs on each of its workers: the application once, behind TLS.

use std::fmt;
use std::rc::Rc;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::{Extensions, HttpService, Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, fn_factory, fn_service};
use tokio::net::TcpStream;

use super::connection::{Secured, serve};
use super::settings::Door;

/// `application` makes the application of a worker, on its thread. `is_stopping` makes a future that is ready
/// when the server stops. `on_connect` sees each socket, for what is to be found at its requests.
pub fn service<F, I, S, B, C, W>(
    door: Door,
    application: F,
    (on_connect, is_stopping): (C, W),
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = (), InitError = ()>
where
    F: Fn() -> I + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = ()> + 'static,
    S::Response: Into<Response<B>> + 'static,
    S::Error: Into<Response<BoxBody>> + 'static,
    S::InitError: fmt::Debug,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
    C: Fn(&TcpStream, &mut Extensions) + Clone + 'static,
    W: Fn() -> std::pin::Pin<Box<dyn Future<Output = ()>>> + Clone + 'static,
{
    fn_factory(move || {
        let (door, application) = (door.clone(), application.clone());
        let (on_connect, is_stopping) = (on_connect.clone(), is_stopping.clone());
        async move {
            let made = application().into_factory().new_service(()).await;
            let made = Rc::new(made.map_err(|error| log::error!("no application: {error:?}"))?);
            let shared = made.clone();
            let http1 = HttpService::build()
                .keep_alive(door.times.keep_alive)
                .client_request_timeout(door.times.head)
                .h1_allow_half_closed(false)
                .graceful_shutdown_signal(is_stopping)
                .on_connect_ext(move |secured: &Secured, extensions: &mut Extensions| {
                    on_connect(secured.get_ref().0, extensions);
                })
                .finish(fn_factory(move || {
                    let shared = shared.clone();
                    async move { Ok::<_, ()>(shared) }
                }));
            let http1 = Rc::new(http1.new_service(()).await?);
            Ok(fn_service(move |tcp: TcpStream| {
                let (door, made, http1) = (door.clone(), made.clone(), http1.clone());
                async move {
                    serve(tcp, &door, made, http1).await;
                    Ok(())
                }
            }))
        }
    })
}
