//! Routes that share a path: an action behind a model's name beside the name itself.

use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Path;
use actix_web::{App, HttpResponse};

use super::*;
use crate::http::openapi::calls::model as about;

const NAME: &str = "/v1/models/{id:.+}";

/// The router's own table, with two actions as Gemini's API has them.
fn table() -> Vec<Entry> {
    let mut rows = vec![
        post("/v1/models/{model:.+}:generateContent", whole, about).errors_as(Surface::Router),
        post("/v1/models/{model:.+}:streamGenerateContent", stream, about)
            .errors_as(Surface::Router),
        get(NAME, by_name, about).errors_as(Surface::OpenAi),
    ];
    rows.extend(
        crate::http::table()
            .into_iter()
            .filter(|entry| entry.pattern != NAME && entry.only_method().is_none()),
    );
    rows
}

async fn whole(model: Path<String>) -> HttpResponse {
    HttpResponse::Ok().body(format!("whole {model}"))
}

async fn stream(model: Path<String>) -> HttpResponse {
    HttpResponse::Ok().body(format!("stream {model}"))
}

async fn by_name(id: Path<String>) -> HttpResponse {
    HttpResponse::Ok().body(format!("name {id}"))
}

#[actix_web::test]
async fn an_action_behind_a_name_and_the_name_itself_find_their_way() {
    let app = init_service(App::new().configure(|app| configure(app, table))).await;
    let not_allowed = "405 GET, HEAD";
    for base in ["", "/api"] {
        for (method, path, expected) in [
            (Method::POST, "gemini-3:generateContent", "whole gemini-3"),
            (Method::POST, "google/gemini-3:generateContent", "whole google/gemini-3"),
            (Method::POST, "a/b/c:free:generateContent", "whole a/b/c:free"),
            (Method::POST, "a%2Fb:generateContent", "whole a/b"),
            (Method::POST, "gemini-3:streamGenerateContent?alt=sse", "stream gemini-3"),
            (Method::POST, "google/gemini-3:streamGenerateContent", "stream google/gemini-3"),
            (Method::GET, "gemini-3", "name gemini-3"),
            (Method::GET, "org/deep:free", "name org/deep:free"),
            // A model may be called so.
            (Method::GET, "odd:generateContent", "name odd:generateContent"),
            (Method::POST, "gemini-3", not_allowed),
            (Method::POST, "org/deep:free", not_allowed),
            (Method::POST, ":generateContent", not_allowed),
            (Method::POST, "gemini-3:countTokens", not_allowed),
            (Method::POST, "gemini-3:generateContent/more", not_allowed),
            (Method::DELETE, "gemini-3", not_allowed),
            (Method::DELETE, "gemini-3:generateContent", "405 POST"),
        ] {
            let uri = format!("{base}/v1/models/{path}");
            let request = TestRequest::with_uri(&uri).method(method.clone()).to_request();
            let response = call_service(&app, request).await;
            let allowed = response.response().error().map(|error| {
                let problem = error.as_error::<Problem>().unwrap();
                format!("{} {}", problem.status, problem.allowed.as_deref().unwrap_or_default())
            });
            let answer = match allowed {
                Some(refused) => refused,
                None => String::from_utf8(read_body(response).await.to_vec()).unwrap(),
            };
            assert_eq!(answer, expected, "{method} {uri}");
        }
    }
}

#[test]
fn errors_have_the_format_of_the_row() {
    let surfaces = surfaces(crate::http::table());
    for base in ["", "/api"] {
        for (path, expected) in [
            ("/v1/chat/completions", Surface::OpenAi),
            ("/v1/messages", Surface::Anthropic),
            ("/v1/messages/batches", Surface::Anthropic),
            ("/v1/responses", Surface::OpenAi),
            ("/v1/models", Surface::OpenAi),
            ("/v1beta/models", Surface::Gemini),
            ("/v1beta/models/up/gpt-x", Surface::Gemini),
            ("/v1beta/files", Surface::Gemini),
            ("/v1beta/models/x:predict", Surface::Gemini),
            ("/v1/models/up/gpt-x", Surface::OpenAi),
            ("/models/up/org/deep/v1/chat/completions", Surface::OpenAi),
            // Nothing is there, but an SDK may have been sent there.
            ("/v1/embeddings", Surface::OpenAi),
            ("/v1/", Surface::OpenAi),
            ("/chat/completions", Surface::OpenAi),
            ("/models/up/gpt-x/chat/completions", Surface::OpenAi),
            ("/v1", Surface::Router),
            ("/models", Surface::Router),
            ("/models/up/gpt-x", Surface::Router),
            ("/models/up/gpt-x/invoke", Surface::Router),
            ("/route/invoke", Surface::Router),
            ("/nothing", Surface::Router),
            ("/", Surface::Router),
        ] {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                assert_eq!(surfaces.of(&method, &format!("{base}{path}")), expected, "{path}");
            }
        }
    }
}

#[test]
fn an_action_has_the_format_of_its_own_row() {
    let surfaces = surfaces(vec![
        post("/x/{model:.+}:act", whole, about).errors_as(Surface::OpenAi),
        get("/x/{id:.+}", by_name, about),
    ]);
    for (method, path, expected) in [
        (Method::POST, "/x/a/b:act", Surface::OpenAi),
        (Method::GET, "/x/a/b:act", Surface::Router),
        (Method::POST, "/x/a/b", Surface::Router),
    ] {
        assert_eq!(surfaces.of(&method, path), expected, "{method} {path}");
    }
}
