//! The console's session as a cookie. Scripts cannot read it, pages of other sites do not send it,
//! and a request that changes something is taken with it only from the router's own pages.

use actix_web::http::Method;
use actix_web::http::header::{COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use url::{Position, Url};

use crate::config::base_path::BasePath;
use crate::http::middleware::reported::Reported;
use crate::http::problem::Problem;
use crate::keys::session::LIFE_SECONDS;

const NAME: &str = "llm_router_session";

static FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The token in the cookie.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(&COOKIE).filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim() == NAME).map(|(_, value)| value.trim());
    named.find(|token| !token.is_empty())
}

/// The cookie with the token of a session, for the pages below `base`.
pub fn begun(token: &str, base: &BasePath, is_https: bool) -> HeaderValue {
    written(token, base, LIFE_SECONDS, is_https)
}

/// It is to be forgotten.
pub fn ended(base: &BasePath) -> HeaderValue {
    written("", base, 0, false)
}

fn written(token: &str, base: &BasePath, seconds: i64, is_https: bool) -> HeaderValue {
    let secure = if is_https { "; Secure" } else { "" };
    let text = format!(
        "{NAME}={token}; Path={base}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    );
    // Token and path are of letters, digits and a few signs that a header may hold.
    let mut value = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// Where the page lies that sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// On the router's own host.
    Own,
    Foreign,
    /// The request says nothing of one: a program sent it.
    None,
}

impl Page {
    /// Browsers alone write `Sec-Fetch-Site`, to hosts that they trust: over https, and to
    /// localhost. Else `Origin` is compared with the host that was called.
    pub fn of(headers: &HeaderMap, reported: &Reported<'_>) -> Self {
        if let Some(site) = headers.get(&FETCH_SITE) {
            return if site == "same-origin" { Self::Own } else { Self::Foreign };
        }
        let Some(origin) = headers.get(ORIGIN) else { return Self::None };
        let called = headers.get(HOST).and_then(|host| host.to_str().ok());
        let called = [reported.host, called];
        let is_called = |origin: &Url| called.iter().flatten().any(|host| is_host(origin, host));
        let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
        if origin.is_some_and(|origin| is_called(&origin)) { Self::Own } else { Self::Foreign }
    }
}

/// `https://router.example` is the page of `router.example` and `router.example:443`. A proxy may
/// have taken off the TLS, so the router does not know the scheme.
fn is_host(origin: &Url, host: &str) -> bool {
    let Ok(called) = Url::parse(&format!("{}://{host}/", origin.scheme())) else { return false };
    let authority = |url: &Url| url[Position::BeforeHost..Position::AfterPort].to_owned();
    called.path() == "/" && authority(&called) == authority(origin)
}

/// Whether the browser came over https, as its page or a trusted proxy says.
pub fn is_https(headers: &HeaderMap, reported: &Reported<'_>) -> bool {
    let of_page = |origin: &HeaderValue| origin.as_bytes().starts_with(b"https://");
    reported.is_https || headers.get(ORIGIN).is_some_and(of_page)
}

/// A browser sends the cookie with whatever request a page makes it send.
///
/// # Errors
/// 403 for a request that changes something and does not come from a page of the router's own.
pub fn check(method: &Method, page: Page) -> Result<(), Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) || page == Page::Own {
        return Ok(());
    }
    Err(foreign())
}

/// For a login as well: a page of another site may not log a browser in.
///
/// # Errors
/// 403 where a page of another site asks for the cookie.
pub fn check_login(page: Page) -> Result<(), Problem> {
    if page == Page::Foreign { Err(foreign()) } else { Ok(()) }
}

fn foreign() -> Problem {
    let message = "with the session cookie a change is taken only from a page of the router's own host, as its \
                   header `Sec-Fetch-Site` or `Origin` shows; a program sends its key as `Authorization: Bearer …`, \
                   and a proxy has to pass on `Host`";
    Problem::new(403, "foreign_origin", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        for (cookies, expected) in [
            (vec![], None),
            (vec!["llm_router_session=abc"], Some("abc")),
            (vec!["a=1; llm_router_session=abc; b=2"], Some("abc")),
            (vec!["a=1", " llm_router_session = abc "], Some("abc")),
            (vec!["llm_router_session=; llm_router_session=abc"], Some("abc")),
            (vec!["xllm_router_session=abc; llm_router_session2=abc"], None),
            (vec!["llm_router_session"], None),
        ] {
            let cookies: Vec<_> = cookies.into_iter().map(|value| ("cookie", value)).collect();
            assert_eq!(token(&headers(&cookies)), expected, "{cookies:?}");
        }
    }

    #[test]
    fn the_cookie_is_for_the_pages_alone() {
        let base = BasePath::parse("/a/b").unwrap();
        insta::assert_snapshot!(
            begun("tok", &base, true).to_str().unwrap(),
            @"llm_router_session=tok; Path=/a/b/; Max-Age=86400; HttpOnly; SameSite=Strict; Secure"
        );
        insta::assert_snapshot!(
            ended(&BasePath::default()).to_str().unwrap(),
            @"llm_router_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
        );
        assert!(!format!("{:?}", begun("tok", &base, false)).contains("tok"));
    }

    #[test]
    fn a_page_is_the_routers_own_by_what_browsers_say_of_it() {
        let (host, origin, site) = ("host", "origin", "sec-fetch-site");
        for (sent, expected) in [
            (vec![(host, "r.example")], Page::None),
            (vec![(host, "r.example"), (site, "same-origin")], Page::Own),
            (vec![(host, "r.example"), (site, "same-site")], Page::Foreign),
            (vec![(host, "r.example"), (site, "cross-site")], Page::Foreign),
            (vec![(host, "r.example"), (site, "none")], Page::Foreign),
            // Where both are there, the one that pages cannot influence.
            (
                vec![(host, "r.example"), (site, "cross-site"), (origin, "http://r.example")],
                Page::Foreign,
            ),
            (vec![(host, "r.example:8000"), (origin, "http://r.example:8000")], Page::Own),
            (vec![(host, "R.Example"), (origin, "https://r.example")], Page::Own),
            (vec![(host, "r.example:443"), (origin, "https://r.example")], Page::Own),
            (vec![(host, "r.example:80"), (origin, "http://r.example")], Page::Own),
            (vec![(host, "[::1]:8000"), (origin, "http://[::1]:8000")], Page::Own),
            (vec![(host, "r.example:8000"), (origin, "http://r.example:3000")], Page::Foreign),
            (vec![(host, "r.example"), (origin, "http://r.example.evil.example")], Page::Foreign),
            (vec![(host, "r.example"), (origin, "http://evil.example")], Page::Foreign),
            (vec![(host, "r.example/x"), (origin, "http://r.example")], Page::Foreign),
            (vec![(host, "r.example"), (origin, "null")], Page::Foreign),
            (vec![(host, "r.example"), (origin, "")], Page::Foreign),
            (vec![(origin, "http://r.example")], Page::Foreign),
        ] {
            assert_eq!(Page::of(&headers(&sent), &Reported::default()), expected, "{sent:?}");
        }
        let behind = headers(&[(host, "10.0.0.1:8000"), (origin, "https://r.example")]);
        let reported = Reported { host: Some("r.example"), is_https: true };
        assert_eq!(Page::of(&behind, &reported), Page::Own);
    }

    #[test]
    fn only_a_change_needs_a_page_of_its_own() {
        for (method, page, is_taken) in [
            (Method::GET, Page::Foreign, true),
            (Method::GET, Page::None, true),
            (Method::POST, Page::Own, true),
            (Method::POST, Page::None, false),
            (Method::PATCH, Page::Foreign, false),
            (Method::DELETE, Page::None, false),
        ] {
            assert_eq!(check(&method, page).is_ok(), is_taken, "{method} {page:?}");
        }
        assert!(check_login(Page::None).is_ok() && check_login(Page::Foreign).is_err());
    }
}
