use actix_web::test::TestRequest;

use super::*;

const HTML: &str =
    "<html><head><base href=\"/\" /><script src=\"./theme.js\"></script></head></html>";

/// Two files, of which the page is compressed both ways and the font not at all.
fn read(name: &str) -> Option<Stored> {
    let text = match name {
        "index.html" => HTML,
        "index.html.br" => "page in br",
        "index.html.gz" | "theme.js.gz" => "in gzip",
        "assets/a-1.woff2" => "font",
        "theme.js" => "theme",
        _ => return None,
    };
    let bytes = Bytes::from_static(text.as_bytes());
    Some(Stored { etag: etag_of(&bytes), bytes })
}

fn console(base: &str) -> Console {
    Console { base: BasePath::parse(base).unwrap(), read }
}

fn request(headers: &[(&'static str, &str)]) -> HttpRequest {
    let request = TestRequest::get();
    let request = headers.iter().fold(request, |request, header| request.insert_header(*header));
    request.to_http_request()
}

/// `200 br page in br`, with what the answer's headers say besides.
async fn shown(answer: Result<HttpResponse, Problem>) -> String {
    let answer = match answer {
        Ok(answer) => answer,
        Err(problem) => return problem.to_string(),
    };
    let coding = answer.headers().get("content-encoding");
    let coding = coding.map_or("whole", |coding| coding.to_str().unwrap()).to_owned();
    let status = answer.status().as_u16();
    let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
    format!("{status} {coding} {}", String::from_utf8_lossy(&body))
}

fn header(answer: &HttpResponse, name: &str) -> String {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
}

#[actix_web::test]
async fn a_page_comes_in_the_coding_that_is_liked_best() {
    let whole = format!("200 whole {HTML}");
    for (accepted, expected) in [
        (None, whole.as_str()),
        (Some(""), whole.as_str()),
        (Some("gzip, deflate, br, zstd"), "200 br page in br"),
        (Some("gzip"), "200 gzip in gzip"),
        (Some("br;q=0.5, gzip"), "200 gzip in gzip"),
        (Some("br;q=0, gzip;q=0.1"), "200 gzip in gzip"),
        (Some("identity, br;q=0.9"), whole.as_str()),
        (Some("br;q=0"), whole.as_str()),
        (Some("zstd"), whole.as_str()),
        (Some("*"), whole.as_str()),
        (Some("identity;q=0, br"), "200 br page in br"),
        (Some("nonsense;;q=x"), whole.as_str()),
    ] {
        let headers: Vec<_> = accepted.map(|text| ("accept-encoding", text)).into_iter().collect();
        assert_eq!(shown(console("/").page(&request(&headers))).await, expected, "{accepted:?}");
    }
    let none = request(&[("accept-encoding", "zstd, *;q=0")]);
    assert!(shown(console("/").page(&none)).await.starts_with("406 not_acceptable"));
    let font = console("/").file(
        &request(&[("accept-encoding", "br")]),
        "assets/a-1.woff2",
        Caching::Forever,
    );
    assert_eq!(shown(font).await, "200 whole font");
}

#[actix_web::test]
async fn what_a_browser_has_is_not_sent_again() {
    for base in ["/", "/a/b/"] {
        let first = console(base).page(&request(&[])).unwrap();
        let etag = header(&first, "etag");
        for (known, expected) in [
            (etag.as_str(), 304),
            (&format!("W/{etag}"), 304),
            (&format!("\"other\", {etag}"), 304),
            ("*", 304),
            ("\"other\"", 200),
            ("no tag", 200),
        ] {
            let again = console(base).page(&request(&[("if-none-match", known)])).unwrap();
            assert_eq!(again.status(), expected, "{base} {known}");
            for name in ["etag", "cache-control", "vary", "content-security-policy"] {
                assert_eq!(header(&again, name), header(&first, name), "{known}");
            }
        }
        // Another coding is another file.
        let gzip = ("accept-encoding", "gzip");
        let again = console("/").page(&request(&[gzip, ("if-none-match", &etag)])).unwrap();
        assert_eq!(again.status(), 200, "{base}");
    }
    let [root, below] = ["/", "/a/b/"].map(|base| console(base).page(&request(&[])).unwrap());
    assert_ne!(header(&root, "etag"), header(&below, "etag"));
}

#[actix_web::test]
async fn below_a_path_the_page_says_so_and_is_whole() {
    let browser = request(&[("accept-encoding", "br, gzip")]);
    let expected = HTML.replace("href=\"/\"", "href=\"/a/b/\"");
    assert_eq!(shown(console("/a/b").page(&browser)).await, format!("200 whole {expected}"));
    let theme = console("/a/b").file(&browser, "theme.js", Caching::Asked);
    assert_eq!(shown(theme).await, "200 gzip in gzip");
}

#[test]
fn headers_are_those_of_a_page_that_trusts_nobody() {
    let page = console("/").page(&request(&[])).unwrap();
    let asset = console("/").file(&request(&[]), "assets/a-1.woff2", Caching::Forever).unwrap();
    for answer in [&page, &asset] {
        let policy = header(answer, "content-security-policy");
        assert!(policy.starts_with("default-src 'self'; "), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header(answer, "x-content-type-options"), "nosniff");
        assert_eq!(header(answer, "referrer-policy"), "no-referrer");
    }
    assert_eq!(header(&page, "cache-control"), "no-cache");
    assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
    assert_eq!(header(&asset, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(header(&asset, "content-type"), "font/woff2");
    let missing = console("/").file(&request(&[]), "assets/gone-2.js", Caching::Forever);
    assert_eq!(missing.unwrap_err().status, 404);
}

#[actix_web::test]
async fn without_a_console_the_page_says_how_to_build_it() {
    let console = Console { base: BasePath::default(), read: |_| None };
    let page = shown(console.page(&request(&[]))).await;
    assert!(page.starts_with("200 whole") && page.contains("make build"), "{page}");
    assert!(page.contains("lang=\"zh-Hans\""), "{page}");
}

#[test]
fn the_page_of_the_sources_has_the_base_that_is_replaced() {
    let page = include_str!("../../../frontend/index.html");
    assert_eq!(page.matches(BASE).count(), 1, "{page}");
}
