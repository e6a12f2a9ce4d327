//! The web console: `/`, `/ui/…`, `/assets/…`. Its pages hold no secret and are served to
//! everybody; what they show they get from the API, which asks for a login.

mod answer;
mod files;

#[cfg(test)]
mod tests;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use crate::config::base_path::BasePath;
use crate::http::app_state::AppState;
use crate::http::problem::Problem;

use answer::{Caching, answer};
use files::{Stored, etag_of};

/// Whether a path, as the routes know it, is the console's.
pub fn is_page(path: &str) -> bool {
    matches!(path, "/" | "/ui" | "/theme.js" | "/favicon.svg")
        || path.starts_with("/ui/")
        || path.starts_with("/assets/")
}

/// As the build writes it; what browsers resolve every relative address with.
const BASE: &str = "<base href=\"/\"";

const INDEX: &str = "index.html";

/// Where there is no console, a page that says how to build it.
const ABSENT: &str = include_str!("absent.html");

pub struct Console {
    pub base: BasePath,
    read: fn(&str) -> Option<Stored>,
}

impl Console {
    pub fn at(base: BasePath) -> Self {
        Self { base, read: files::read }
    }

    /// The one page, whose scripts find out from the address what to show.
    fn page(&self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        let Some(mut index) = (self.read)(INDEX) else {
            let absent = Bytes::from_static(ABSENT.as_bytes());
            let absent = Stored { etag: etag_of(&absent), bytes: absent };
            return answer(request, INDEX, absent, Caching::Asked, |_| None);
        };
        if self.base.is_root() {
            return answer(request, INDEX, index, Caching::Asked, self.read);
        }
        let html = String::from_utf8_lossy(&index.bytes);
        let html = html.replacen(BASE, &format!("<base href=\"{}\"", self.base), 1);
        index.bytes = Bytes::from(html);
        index.etag = etag_of(&index.bytes);
        // What the build compressed has the other base in it; the page is small.
        answer(request, INDEX, index, Caching::Asked, |_| None)
    }

    fn file(
        &self,
        request: &HttpRequest,
        name: &str,
        caching: Caching,
    ) -> Result<HttpResponse, Problem> {
        match (self.read)(name) {
            Some(file) => answer(request, name, file, caching, self.read),
            None => {
                let message = "the console has no such file; after an update of the router, load its page again";
                Err(Problem::new(404, "not_found", message))
            }
        }
    }
}

pub async fn page(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    state.console.page(&request)
}

/// The name of such a file changes with what is in it.
pub async fn asset(
    request: HttpRequest,
    name: Path<String>,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    state.console.file(&request, &format!("assets/{name}"), Caching::Forever)
}

pub async fn theme(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    state.console.file(&request, "theme.js", Caching::Asked)
}

pub async fn icon(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, Problem> {
    state.console.file(&request, "favicon.svg", Caching::Asked)
}
