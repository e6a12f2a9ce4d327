//! A request's line as the routes match it: HEAD as GET, without the base path, no superfluous
//! slash, and Gemini's methods below `models`. It comes before authentication, so that the rules of access see the path that is served.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse, Url};
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{Method, Uri};
use bytes::Bytes;
use percent_encoding::percent_decode_str;

use crate::config::base_path::BasePath;

/// How many slashes stood at the end of the path as it was written. A page's relative links go by
/// that path.
#[derive(Clone, Copy, Debug)]
pub struct SlashesAtEnd(pub usize);

/// HEAD is served by what serves GET. Returns whether it was HEAD.
pub fn treat_head_as_get(request: &mut ServiceRequest) -> bool {
    let is_head = *request.method() == Method::HEAD;
    if is_head {
        request.head_mut().method = Method::GET;
    }
    is_head
}

/// The answer to a HEAD: all of the answer to a GET but its bytes, which are not even made.
pub fn without_body(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    response.map_body(|_, body| BoxBody::new(SizeOnly(body.size())))
}

/// A body that has a size and no bytes. The HTTP/1 codec, which has seen the HEAD, expects none.
struct SizeOnly(BodySize);

impl MessageBody for SizeOnly {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

/// A path below `base` is served as without it: a proxy may pass it on or take it away.
/// `is_name`: whether a model, or something that stands for one, is called so.
pub fn tidy_path(request: &mut ServiceRequest, base: &BasePath, is_name: impl Fn(&str) -> bool) {
    let path = request.path();
    let at_end = path.len() - path.trim_end_matches('/').len();
    let below = base.strip(path);
    let tidy = match (tidy(below.unwrap_or(path), is_name), below) {
        (Some(tidy), Some(_)) => tidy,
        // The slash too many may have stood in the base.
        (Some(tidy), None) => base.strip(&tidy).map(str::to_owned).unwrap_or(tidy),
        (None, Some(below)) => below.to_owned(),
        (None, None) => return,
    };
    let query = request.uri().query();
    let line = query.map_or_else(|| tidy.clone(), |query| format!("{tidy}?{query}"));
    let mut parts = request.uri().clone().into_parts();
    // What stood in a URI still may.
    let Ok(line) = PathAndQuery::try_from(line) else { return };
    parts.path_and_query = Some(line);
    let Ok(uri) = Uri::from_parts(parts) else { return };
    request.extensions_mut().insert(SlashesAtEnd(at_end));
    request.match_info_mut().set(Url::new(uri.clone()));
    request.head_mut().uri = uri;
}

/// `None` where the path is as the routes expect it.
fn tidy(path: &str, is_name: impl Fn(&str) -> bool) -> Option<String> {
    match without_empty_parts(path, is_name) {
        Some(path) => Some(below_models(&path).unwrap_or(path)),
        None => below_models(path),
    }
}

/// `/v1beta/vendor/model:generateContent` as `/v1beta/models/vendor/model:generateContent`. Vercel's
/// AI SDK, and OpenCode by it, takes a name with a slash for one that has its collection before it.
/// Google's own collections stay what they are.
fn below_models(path: &str) -> Option<String> {
    let bases = ["/v1beta/", "/v1/", "/api/v1beta/", "/api/v1/"];
    let (base, written) = bases.iter().find_map(|base| Some((base, path.strip_prefix(base)?)))?;
    let (name, method) = written.rsplit_once(':')?;
    let is_method = matches!(
        method,
        "generateContent"
            | "streamGenerateContent"
            | "countTokens"
            | "embedContent"
            | "batchEmbedContents"
    );
    let is_of_google = ["models/", "tunedModels/"].iter().any(|own| name.starts_with(own));
    let is_bare = name.contains('/') && !is_of_google;
    (is_method && is_bare).then(|| format!("{base}models/{written}"))
}

/// The path without empty parts, where it has any. A name may have some of its own: where something
/// is called just as it is written, they stay.
fn without_empty_parts(path: &str, is_name: impl Fn(&str) -> bool) -> Option<String> {
    let has_empty_part = path.contains("//") || (path.len() > 1 && path.ends_with('/'));
    if !has_empty_part {
        return None;
    }
    let parts = parts(path);
    let texts: Vec<&str> = parts.iter().map(|part| part.text).collect();
    let tidy = format!("/{}", texts.join("/"));
    let Some(span) = name_in(&texts) else { return Some(tidy) };
    let from = span.start.checked_sub(1).and_then(|before| parts.get(before));
    let from = from.map_or(0, |before| before.at + before.text.len() + 1);
    let to = parts.get(span.end).map_or(path.len(), |after| after.at - 1);
    let written = path.get(from..to).unwrap_or_default();
    let whole = match span.provider {
        Some(provider) => format!("{provider}/{written}"),
        None => written.to_owned(),
    };
    let whole = percent_decode_str(&whole).decode_utf8_lossy();
    // Behind the name may be a method of Gemini's API.
    let called = whole.rsplit_once(':').map(|(name, _)| name);
    if !is_name(&whole) && !called.is_some_and(is_name) {
        return Some(tidy);
    }
    let before = texts.iter().take(span.start).copied();
    let after = texts.iter().skip(span.end).copied();
    Some(before.chain([written]).chain(after).map(|part| format!("/{part}")).collect())
}

/// A part of a path that is not empty.
struct Part<'a> {
    at: usize,
    text: &'a str,
}

fn parts(path: &str) -> Vec<Part<'_>> {
    let mut at = 0;
    let mut parts = Vec::new();
    for text in path.split('/') {
        if !text.is_empty() {
            parts.push(Part { at, text });
        }
        at += text.len() + 1;
    }
    parts
}

/// Where a path has a name that may hold slashes, in parts.
struct NameSpan<'a> {
    start: usize,
    end: usize,
    /// The name is that of one of its models.
    provider: Option<&'a str>,
}

fn name_in<'a>(parts: &[&'a str]) -> Option<NameSpan<'a>> {
    let base = usize::from(parts.first() == Some(&"api"));
    let start = base + 2;
    let (provider, after) = match parts.get(base..)? {
        ["v1" | "v1beta", "models", _, ..] => (None, 0),
        ["models", provider, _, .., "v1", "chat", "completions"] => (Some(*provider), 3),
        ["models", provider, _, .., "invoke"] => (Some(*provider), 1),
        ["models", provider, _, ..] => (Some(*provider), 0),
        _ => return None,
    };
    Some(NameSpan { start, end: parts.len() - after, provider })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(path: &str) -> String {
        let is_name = |name: &str| ["p/a//b", "p//c", "p/d/", "x//y"].contains(&name);
        tidy(path, is_name).unwrap_or_else(|| String::from("as it is"))
    }

    #[test]
    fn a_slash_too_many_is_taken_out() {
        for (path, expected) in [
            ("/", "as it is"),
            ("/health", "as it is"),
            ("/models/p/a/b", "as it is"),
            ("//", "/"),
            ("/health/", "/health"),
            ("///health//", "/health"),
            ("//v1/models", "/v1/models"),
            ("/v1//models/", "/v1/models"),
            ("/api//v1//models", "/api/v1/models"),
            ("//api/v1/models/", "/api/v1/models"),
            ("/v1//chat///completions", "/v1/chat/completions"),
            ("/models/", "/models"),
            ("/models//p/", "/models/p"),
            ("/models//p//m/", "/models/p/m"),
            ("/models/p/m//invoke/", "/models/p/m/invoke"),
            ("/models/p/o/m//v1//chat/completions", "/models/p/o/m/v1/chat/completions"),
            ("/v1/models//p//m", "/v1/models/p/m"),
            ("/models/p/a%2F%2Fb/", "/models/p/a%2F%2Fb"),
        ] {
            assert_eq!(tidied(path), expected, "{path}");
        }
    }

    #[test]
    fn what_belongs_to_a_name_stays() {
        for (path, expected) in [
            ("/models/p/a//b", "/models/p/a//b"),
            ("//models//p/a//b", "/models/p/a//b"),
            ("/api/models/p/a//b/invoke/", "/api/models/p/a//b/invoke"),
            ("/models/p/a//b//v1/chat/completions", "/models/p/a/b/v1/chat/completions"),
            ("/models/p//c", "/models/p//c"),
            ("/models/p/d//invoke", "/models/p/d//invoke"),
            ("/models/p/d/", "/models/p/d/"),
            ("/models/p/a%2F/b/", "/models/p/a%2F/b"),
            ("/v1/models/x//y", "/v1/models/x//y"),
            ("//v1/models/p/a//b", "/v1/models/p/a//b"),
            ("/v1/models/p//c", "/v1/models/p//c"),
        ] {
            assert_eq!(tidied(path), expected, "{path}");
        }
    }

    #[test]
    fn a_method_of_gemini_is_below_the_models() {
        for (path, expected) in [
            ("/v1beta/zai/glm:generateContent", "/v1beta/models/zai/glm:generateContent"),
            ("/v1beta/a/b/c:x:countTokens", "/v1beta/models/a/b/c:x:countTokens"),
            ("/v1/zai/glm:streamGenerateContent", "/v1/models/zai/glm:streamGenerateContent"),
            ("/v1beta//zai/glm:generateContent", "/v1beta/models/zai/glm:generateContent"),
            ("/api/v1beta/zai/glm:countTokens", "/api/v1beta/models/zai/glm:countTokens"),
            ("/v1beta/zai/e:embedContent", "/v1beta/models/zai/e:embedContent"),
            ("/v1/zai/e:batchEmbedContents", "/v1/models/zai/e:batchEmbedContents"),
            ("/v1beta/models/zai/glm:generateContent", "as it is"),
            ("/v1beta/tunedModels/glm:generateContent", "as it is"),
            ("/v1beta/glm:generateContent", "as it is"),
            ("/v1beta/zai/glm:predict", "as it is"),
            ("/v1beta/zai/glm", "as it is"),
            ("/v1/chat/completions", "as it is"),
            ("/models/p/a:generateContent", "as it is"),
        ] {
            assert_eq!(tidied(path), expected, "{path}");
        }
    }
}
