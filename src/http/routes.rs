//! How a route is registered: with its handler, with what the document says of it, and with the
//! format of its errors, so that there is none without the others.

use std::future::ready;

use actix_web::guard::fn_guard;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder, Route};

use crate::http::openapi::RouteDoc;
use crate::http::problem::Problem;
use crate::http::surface::{Surface, Surfaces, below_api};

#[cfg(test)]
mod tests;

/// One method of one path.
pub struct Entry {
    pub method: Method,
    /// As actix reads it: `{model:.+}` may hold `/`.
    pattern: &'static str,
    route: Route,
    pub doc: fn() -> RouteDoc,
    pub surface: Surface,
}

impl Entry {
    /// As the document writes it, without the patterns of its parts.
    pub fn path(&self) -> String {
        self.pattern.replace(":.+}", "}")
    }

    pub fn errors_as(self, surface: Surface) -> Self {
        Self { surface, ..self }
    }

    /// The method that it takes alone, where it names an action behind a part that takes
    /// everything: the action may be the end of a name, and so other methods are the next rows'.
    fn only_method(&self) -> Option<Method> {
        self.pattern.contains("}:").then(|| self.method.clone())
    }
}

macro_rules! methods {
    ($($name:ident $method:ident),*) => {$(
        pub fn $name<F, Args>(pattern: &'static str, handler: F, doc: fn() -> RouteDoc) -> Entry
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            let (method, route) = (Method::$method, web::$name().to(handler));
            Entry { method, pattern, route, doc, surface: Surface::Router }
        }
    )*};
}

methods!(get GET, post POST, patch PATCH, delete DELETE);

/// A path of the console, which takes GET alone.
pub struct Page {
    pattern: &'static str,
    route: Route,
}

pub fn page<F, Args>(pattern: &'static str, handler: F) -> Page
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Page { pattern, route: web::get().to(handler) }
}

/// The pages, which are no part of the API and so not under `/api` either.
pub fn configure_pages(app: &mut ServiceConfig, pages: Vec<Page>) {
    for Page { pattern, route } in pages {
        let refuse = || ready(Err::<HttpResponse, _>(Problem::not_allowed("GET, HEAD")));
        let resource = web::resource(pattern).route(route);
        app.service(resource.default_service(web::to(refuse)));
    }
}

/// Every route answers at `/` and under `/api`, the console's base; those of Ollama's API, whose
/// paths begin with that themselves, are there once.
pub fn configure(app: &mut ServiceConfig, table: fn() -> Vec<Entry>) {
    app.app_data(surfaces(table()));
    app.service(web::scope("/api").configure(|app| {
        let below = |entry: Entry| {
            let pattern = below_api(entry.pattern).unwrap_or(entry.pattern);
            Entry { pattern, ..entry }
        };
        register(app, table().into_iter().map(below).collect());
    }));
    let own = table().into_iter().filter(|entry| below_api(entry.pattern).is_none());
    register(app, own.collect());
}

fn surfaces(table: Vec<Entry>) -> Surfaces {
    let row = |entry: Entry| (entry.pattern, entry.only_method(), entry.surface);
    Surfaces::new(table.into_iter().map(row))
}

/// Paths are tried in the order in which they first appear.
fn register(app: &mut ServiceConfig, entries: Vec<Entry>) {
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
        let surface = entries.first().map(|entry| entry.surface);
        let mut resource = web::resource(pattern);
        // The path may be one that a later row reads.
        if entries.iter().any(|entry| entry.only_method().is_some()) {
            resource = resource.guard(fn_guard(|request| request.head().method != Method::GET));
        }
        for entry in entries {
            resource = resource.route(entry.route);
        }
        let refuse = move |request: HttpRequest| {
            let problem = match is_unknown_action(surface, &request) {
                true => super::nothing_at(request.match_info().as_str()),
                false => Problem::not_allowed(&allowed),
            };
            ready(Err::<HttpResponse, _>(problem))
        };
        app.service(resource.default_service(web::to(refuse)));
    }
}

/// Whether a method of Gemini's API is asked for that is not served: its clients go by 404, and the
/// methods of the model's own path would tell them nothing.
fn is_unknown_action(surface: Option<Surface>, request: &HttpRequest) -> bool {
    let action = request.match_info().as_str().rsplit_once(':').map(|(_, action)| action);
    surface == Some(Surface::Gemini)
        && request.method() == Method::POST
        && action.is_some_and(|action| !action.contains('/'))
}
