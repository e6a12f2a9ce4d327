//! `POST /models/{provider}/{model}/invoke`: a direct call in the router's own format.

use actix_web::http::header::ACCEPT;
use actix_web::web::{Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use crate::dialects::Dialect;
use crate::dialects::client_encoder::ClientFormat;
use crate::dialects::invoke::client::stream::Framing;
use crate::dialects::json::RawObject;
use crate::dialects::request::ClientRequest;
use crate::http::calls::batch;
use crate::http::calls::serve::{CallContext, Target};
use crate::http::problem::Problem;
use crate::relay::Endpoint;

pub async fn invoke(
    mut context: CallContext,
    path: Path<(String, String)>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let text = context.read_json(payload).await?;
    let (provider, model) = path.into_inner();
    let name = format!("{provider}/{model}");
    let target = Target::named(Endpoint::Invoke, name.clone());
    // What is no object is refused below.
    let object = RawObject::parse(&text).unwrap_or_default();
    match batch::requests(&object, &[])? {
        Some(requests) => batch::answer(requests, target, &context).await,
        None => {
            let request = ClientRequest::parse(Dialect::Invoke, text.clone(), Some(name))?;
            context.serve(target, request, format_of(&context.request)).await
        }
    }
}

/// Lines, unless the client prefers events.
pub fn format_of(request: &HttpRequest) -> ClientFormat {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    ClientFormat::Invoke(match accept {
        Some(accept) if accept.contains("text/event-stream") => Framing::Events,
        _ => Framing::Lines,
    })
}
