//! How a route is registered: with its handler and with what the document says of it, so that
//! there is none without the other.

use std::future::ready;

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Responder, Route};

use crate::http::openapi::About;
use crate::http::problem::Problem;

/// One method of one path.
pub struct Entry {
    pub method: Method,
    /// As actix reads it: `{model:.+}` may hold `/`.
    pattern: &'static str,
    route: Route,
    pub about: fn() -> About,
}

impl Entry {
    /// As the document writes it, without the patterns of its parts.
    pub fn path(&self) -> String {
        self.pattern.replace(":.+}", "}")
    }
}

macro_rules! methods {
    ($($name:ident $method:ident),*) => {$(
        pub fn $name<F, Args>(pattern: &'static str, handler: F, about: fn() -> About) -> Entry
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            Entry { method: Method::$method, pattern, route: web::$name().to(handler), about }
        }
    )*};
}

methods!(get GET, post POST, patch PATCH, delete DELETE);

/// Paths are tried in the order in which they first appear.
pub fn register(app: &mut ServiceConfig, entries: Vec<Entry>) {
    let mut paths: Vec<(&str, Vec<Entry>)> = Vec::new();
    for entry in entries {
        match paths.iter_mut().find(|(pattern, _)| *pattern == entry.pattern) {
            Some((_, entries)) => entries.push(entry),
            None => paths.push((entry.pattern, vec![entry])),
        }
    }
    for (pattern, entries) in paths {
        let mut allowed: Vec<_> = entries.iter().map(|entry| entry.method.as_str()).collect();
        // `request_line` has it served as GET.
        if let Some(get) = allowed.iter().position(|method| *method == "GET") {
            allowed.insert(get + 1, "HEAD");
        }
        let allowed = allowed.join(", ");
        let mut resource = web::resource(pattern);
        for entry in entries {
            resource = resource.route(entry.route);
        }
        let refuse = move || ready(Err::<HttpResponse, _>(Problem::not_allowed(&allowed)));
        app.service(resource.default_service(web::to(refuse)));
    }
}
