//! In whose format a path answers its errors: each row of the route table says so, and this finds
//! the row of a request, also of one that was refused before its handler.

use actix_web::dev::ResourceDef;
use actix_web::http::Method;

/// The API whose error format is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    OpenAi,
    Anthropic,
    Gemini,
    Ollama,
    Router,
}

/// The surfaces of the route table, in its order. Looked at only where there is an error.
pub struct Surfaces(Vec<Row>);

struct Row {
    pattern: ResourceDef,
    /// It is there below `/api` alone.
    is_below_api: bool,
    /// `None`: the row answers other methods too, with 405.
    method: Option<Method>,
    surface: Surface,
}

/// The pattern of a route that is there below `/api` alone, as Ollama's are, without that.
pub fn below_api(pattern: &'static str) -> Option<&'static str> {
    pattern.strip_prefix("/api").filter(|rest| rest.starts_with('/'))
}

/// What of Ollama's API changes a server's models: the router's stand in its configuration. `path`:
/// behind `/api`.
pub fn is_ollamas(path: &str) -> bool {
    matches!(path, "/pull" | "/push" | "/create" | "/copy" | "/delete")
        || path.starts_with("/blobs/")
}

impl Surfaces {
    pub fn new(rows: impl IntoIterator<Item = (&'static str, Option<Method>, Surface)>) -> Self {
        let row = |(pattern, method, surface)| {
            let is_below_api = below_api(pattern).is_some();
            Row { pattern: ResourceDef::new(pattern), is_below_api, method, surface }
        };
        Self(rows.into_iter().map(row).collect())
    }

    /// `path` as the routes are matched with it.
    pub fn of(&self, method: &Method, path: &str) -> Surface {
        let below = path.strip_prefix("/api").filter(|rest| rest.starts_with('/'));
        let short = below.unwrap_or(path);
        let mut rows = self.0.iter();
        let row = rows.find(|row| {
            let path = if row.is_below_api { path } else { short };
            row.method.as_ref().is_none_or(|only| only == method) && row.pattern.is_match(path)
        });
        match row.map(|row| row.surface) {
            None | Some(Surface::Router) if below.is_some_and(is_ollamas) => Surface::Ollama,
            None | Some(Surface::Router) => misaddressed(short),
            Some(surface) => surface,
        }
    }
}

/// Where none of the vendors' routes is: an SDK whose base URL is wrong still gets an error that it
/// can show.
fn misaddressed(path: &str) -> Surface {
    if path == "/v1/messages" || path.starts_with("/v1/messages/") {
        Surface::Anthropic
    } else if path.starts_with("/v1beta/") {
        Surface::Gemini
    } else if path.starts_with("/v1/") || path.ends_with("/chat/completions") {
        Surface::OpenAi
    } else {
        Surface::Router
    }
}
