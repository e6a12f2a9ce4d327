//! A file as an answer: in a coding that the browser takes, and not again where it has it already.

use actix_web::http::header::{
    self, AcceptEncoding, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentEncoding, ETAG, Encoding,
    EntityTag, Header, IfNoneMatch, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse};

use super::files::Stored;
use crate::http::problem::Problem;

/// Nothing from elsewhere, and neither script nor style in the page itself.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; \
    base-uri 'self'; frame-ancestors 'none'; form-action 'self'";

#[derive(Clone, Copy)]
pub enum Caching {
    /// The browser asks each time whether it has changed.
    Asked,
    Forever,
}

impl Caching {
    fn header(self) -> &'static str {
        match self {
            Self::Asked => "no-cache",
            Self::Forever => "public, max-age=31536000, immutable",
        }
    }
}

/// `read` finds what the build compressed beside the file.
pub fn answer(
    request: &HttpRequest,
    name: &str,
    file: Stored,
    caching: Caching,
    read: impl Fn(&str) -> Option<Stored>,
) -> Result<HttpResponse, Problem> {
    let Some((coding, bytes)) = choose(request, name, &file, read) else {
        let message = "the file is there in none of the codings of `Accept-Encoding`";
        return Err(Problem::new(406, "not_acceptable", message));
    };
    let etag = match coding {
        Some(coding) => format!("{}-{coding}", file.etag),
        None => file.etag,
    };
    let etag = EntityTag::new_strong(etag);
    let is_known = is_known(request, &etag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((ETAG, etag.to_string()))
        .insert_header((CACHE_CONTROL, caching.header()))
        .insert_header((VARY, "accept-encoding"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"));
    if is_known {
        return Ok(response.finish());
    }
    response.content_type(media_type(name));
    if let Some(coding) = coding {
        response.insert_header((header::CONTENT_ENCODING, coding));
    }
    Ok(response.body(bytes))
}

/// The coding that the browser likes best, of those that are there; `None` where it takes none.
fn choose(
    request: &HttpRequest,
    name: &str,
    file: &Stored,
    read: impl Fn(&str) -> Option<Stored>,
) -> Option<(Option<&'static str>, bytes::Bytes)> {
    let accepted = AcceptEncoding::parse(request).unwrap_or(AcceptEncoding(Vec::new()));
    let br = read(&format!("{name}.br"));
    let gz = read(&format!("{name}.gz"));
    let there = [
        (Encoding::identity(), true),
        (Encoding::brotli(), br.is_some()),
        (Encoding::gzip(), gz.is_some()),
    ];
    let there = there.iter().filter(|(_, is_there)| *is_there).map(|(coding, _)| coding);
    let found = match accepted.negotiate(there)? {
        Encoding::Known(ContentEncoding::Brotli) => (Some("br"), br?.bytes),
        Encoding::Known(ContentEncoding::Gzip) => (Some("gzip"), gz?.bytes),
        _ => (None, file.bytes.clone()),
    };
    Some(found)
}

fn is_known(request: &HttpRequest, etag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(etag)),
        Err(_) => false,
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}
