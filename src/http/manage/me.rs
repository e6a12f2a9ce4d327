//! `GET /me`: what the caller may do, what it has used, what is left, and how to call.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json};
use serde_json::{Value, json};

use crate::auth::Caller;
use crate::http::app_state::AppState;
use crate::http::manage::key_body::time;
use crate::http::manage::key_left::left;
use crate::http::manage::keys::{used, view};
use crate::http::middleware::caller::Authenticated;

pub async fn me(request: HttpRequest, auth: Authenticated, state: Data<AppState>) -> Json<Value> {
    let snapshot = state.catalogue.snapshot();
    let may_call = auth.may_call(&snapshot);
    let mine = snapshot.models().iter().filter(|model| model.is_callable());
    let models: Vec<String> =
        mine.filter(|model| may_call(model)).map(|model| model.full_name()).collect();
    let kind = match &auth.caller {
        Caller::Local => "local",
        Caller::Anyone => "anyone",
        Caller::Key { session: None, .. } => "key",
        Caller::Key { session: Some(_), .. } => "session",
    };
    let key = auth.caller.key();
    let session = auth.caller.session().map(|session| {
        let bound = session.bound.as_ref().map(|(provider, model)| format!("{provider}/{model}"));
        json!({"expires_at": time(session.expires_at), "model": bound})
    });
    let model = models.first().map_or("auto", String::as_str);
    Json(json!({
        "caller": kind,
        "role": if auth.caller.is_admin() { "admin" } else { "user" },
        "key": key.map(|key| view(key, &state)),
        "session": session,
        "used": key.map(|key| used(key, &state)),
        "left": key.map(|key| left(key, &state)),
        "snippets": snippets(&base_url(&request, &state), model),
        "models": models,
    }))
}

/// The URL at which the caller reached the router, by its own headers.
fn base_url(request: &HttpRequest, state: &AppState) -> String {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_sane = |host: &&str| {
        host.len() <= 255
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]_".contains(&b))
    };
    let host = header("host").filter(is_sane).unwrap_or("localhost:8000");
    let is_https = state.settings.tls.is_some() || header("x-forwarded-proto") == Some("https");
    let scheme = if is_https { "https" } else { "http" };
    format!("{scheme}://{host}{}v1", state.console.base)
}

fn snippets(base_url: &str, model: &str) -> Value {
    let name = Value::from(model).to_string();
    json!({
        "openai_python": format!(
            "from openai import OpenAI\n\n\
             client = OpenAI(base_url=\"{base_url}\", api_key=\"YOUR_KEY\")\n\
             answer = client.chat.completions.create(\n    \
             model={name},\n    messages=[{{\"role\": \"user\", \"content\": \"Hello\"}}],\n)\n\
             print(answer.choices[0].message.content)\n"
        ),
        "curl": format!(
            "curl {base_url}/chat/completions \\\n  -H 'Authorization: Bearer YOUR_KEY' \\\n  \
             -H 'Content-Type: application/json' \\\n  \
             -d '{}'\n",
            json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]})
                .to_string()
                .replace('\'', "'\\''")
        ),
        "langchain": format!(
            "from langchain_openai import ChatOpenAI\n\n\
             llm = ChatOpenAI(base_url=\"{base_url}\", api_key=\"YOUR_KEY\", model={name})\n\
             print(llm.invoke(\"Hello\").content)\n"
        ),
    })
}
