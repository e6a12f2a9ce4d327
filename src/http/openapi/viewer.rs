//! `/docs`: Swagger UI on our own document, with nothing from elsewhere.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::Path;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

use crate::http::middleware::request_line::SlashesAtEnd;
use crate::http::problem::Problem;

/// Swagger UI writes styles into its elements.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// From the archive that `build.rs` unpacks.
macro_rules! swagger_ui {
    ($name:literal) => {
        include_str!(concat!(env!("OUT_DIR"), "/", $name))
    };
}

/// Its links are relative to `/docs`, so whoever wrote a slash behind it is sent there; relatively,
/// for the router may lie below a proxy's path.
pub async fn page(request: HttpRequest) -> HttpResponse {
    if let Some(SlashesAtEnd(count @ 1..)) = request.extensions().get::<SlashesAtEnd>().copied() {
        let to = format!("{}docs", "../".repeat(count));
        return HttpResponse::PermanentRedirect().insert_header((LOCATION, to)).finish();
    }
    file(HTML, include_str!("viewer/index.html"))
}

pub async fn part(name: Path<String>) -> Result<HttpResponse, Problem> {
    let (media, text) = match name.as_str() {
        "start.js" => (SCRIPT, include_str!("viewer/start.js")),
        "swagger-ui-bundle.js" => (SCRIPT, swagger_ui!("swagger-ui-bundle.js")),
        "swagger-ui.css" => ("text/css; charset=utf-8", swagger_ui!("swagger-ui.css")),
        _ => return Err(Problem::new(404, "not_found", "the page at /docs has no such part")),
    };
    Ok(file(media, text))
}

fn file(media: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media)
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, "max-age=3600"))
        .body(text)
}
