//! Serves a call, whatever API its client speaks: builds it, relays it, and answers it whole or as
//! a stream. A handler of an API reads its body and says which [`ClientFormat`] the answer has.

use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::dev;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Payload};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use bytes::Bytes;

use crate::dialects::client_encoder::ClientFormat;
use crate::dialects::request::ClientRequest;
use crate::domain::failure::Failure;
use crate::domain::vendor_headers::VendorHeaders;
use crate::http::app_state::{AppState, WorkerContext};
use crate::http::calls::answer_headers;
use crate::http::calls::invoke_answer::answer_view;
use crate::http::calls::keeper::Keeper;
use crate::http::calls::stream::{Framing, passed_on, respond};
use crate::http::calls::vendor_headers::vendor_headers;
use crate::http::middleware::body::{read_any, read_json};
use crate::http::middleware::caller::{Authenticated, TAGS};
use crate::http::middleware::upload::{UploadedForm, read_form};
use crate::http::problem::{ANTHROPICS_ID, Problem};
use crate::providers::waited;
use crate::relay::{Call, Endpoint, Origin, Reply, SentForm, WholeReply, relay};
use crate::routing::Selector;
use crate::routing::tags::TagFilter;

/// What a handler of calls works with, beside the path and the body.
pub struct CallContext {
    pub request: HttpRequest,
    pub auth: Authenticated,
    pub state: Data<AppState>,
    pub worker: Data<WorkerContext>,
    /// Keeps the answer, for requests that go on from it.
    pub keeper: Option<Rc<Keeper>>,
}

/// The route that a call came by, and what it asks for.
#[derive(Clone)]
pub struct Target {
    pub endpoint: Endpoint,
    pub selector: Selector,
}

impl Target {
    pub fn named(endpoint: Endpoint, name: String) -> Self {
        Self { endpoint, selector: Selector::Named(name) }
    }
}

impl CallContext {
    /// # Errors
    /// As [`read_json`] has it.
    ///
    /// # Cancel safety
    /// Dropping it drops what was read.
    pub async fn read_json(&mut self, payload: Payload) -> Result<Bytes, Problem> {
        let body = read_json(&self.request, payload, self.state.max_body_bytes);
        let (body, wait) = waited(body).await;
        self.auth.meta.before.body = wait;
        body
    }

    /// The same for an API whose clients do not say that it is JSON.
    ///
    /// # Errors
    /// As [`read_json`] has it, but for the type.
    ///
    /// # Cancel safety
    /// Dropping it drops what was read.
    pub async fn read_any(&mut self, payload: Payload) -> Result<Bytes, Problem> {
        let body = read_any(&self.request, payload, self.state.max_body_bytes);
        let (body, wait) = waited(body).await;
        self.auth.meta.before.body = wait;
        body
    }

    /// # Errors
    /// As [`read_form`] has it.
    ///
    /// # Cancel safety
    /// Dropping it drops what was read.
    pub async fn read_form(&mut self, payload: Payload) -> Result<UploadedForm, Problem> {
        let form = read_form(&self.request, payload, self.state.max_body_bytes);
        let (form, wait) = waited(form).await;
        self.auth.meta.before.body = wait;
        form
    }

    /// # Errors
    /// Why there is no answer, where nothing of one was sent yet.
    ///
    /// # Cancel safety
    /// Dropping it gives up the call, whose record says so.
    pub async fn serve(
        &self,
        target: Target,
        request: ClientRequest,
        format: ClientFormat,
    ) -> Result<HttpResponse, Problem> {
        let is_stream = request.facts.is_stream;
        let own = request.own().cloned();
        let request_id = self.auth.meta.request_id.as_str();
        let mut call = next_call(target, request, &self.auth, &self.worker)?;
        call.format = format;
        if format == ClientFormat::Messages {
            call.vendor = vendor_headers(self.request.headers());
        }
        if is_stream {
            let answer = Box::pin(relay(self.worker.0.clone(), call));
            let heartbeat = self.state.catalogue.snapshot().policy.timeouts.heartbeat;
            let framing = Framing {
                format,
                request_id: request_id.to_owned(),
                own: own.clone(),
                keeper: self.keeper.clone(),
                now_unix: self.auth.meta.arrived_us / 1_000_000,
            };
            let answered = respond(answer, framing, heartbeat).await;
            return answered.map_err(|problem| problem.in_words_of(own.as_deref()));
        }
        let whole = relay_whole(call, &self.worker).await;
        let whole = whole.map_err(|failure| Problem::from(failure).in_words_of(own.as_deref()))?;
        if let Some(keeper) = &self.keeper {
            keeper.keep(&whole.body).await;
        }
        let mut response = HttpResponse::Ok();
        answer_headers::put(&mut response, &whole.rate_limits, &whole.notes);
        Ok(match format {
            ClientFormat::Messages => response
                .insert_header((CONTENT_TYPE, "application/json"))
                .insert_header((ANTHROPICS_ID, request_id))
                .body(whole.body),
            ClientFormat::Chat
            | ClientFormat::Completions
            | ClientFormat::Responses
            | ClientFormat::Gemini(_)
            | ClientFormat::Ollama(_) => {
                response.insert_header((CONTENT_TYPE, "application/json")).body(whole.body)
            }
            ClientFormat::Invoke(_) => response.json(answer_view(&whole, request_id)?),
        })
    }
}

impl CallContext {
    /// For what is passed on as it comes: JSON as a whole, anything else as it arrives.
    ///
    /// # Errors
    /// Why there is no answer, where nothing of one was sent yet.
    ///
    /// # Cancel safety
    /// Dropping it gives up the call, whose record says so.
    pub async fn forward(
        &self,
        target: Target,
        request: ClientRequest,
        form: Option<SentForm>,
    ) -> Result<HttpResponse, Problem> {
        let mut call = next_call(target, request, &self.auth, &self.worker)?;
        call.form = form;
        match Box::pin(relay(self.worker.0.clone(), call)).await? {
            Reply::Stream(stream) => Ok(passed_on(stream, self.auth.meta.request_id.as_str())),
            Reply::Whole(whole) => {
                let mut response = HttpResponse::Ok();
                answer_headers::put(&mut response, &whole.rate_limits, &whole.notes);
                response.insert_header((CONTENT_TYPE, "application/json"));
                Ok(response.body(whole.body))
            }
        }
    }
}

impl FromRequest for CallContext {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let state = request.app_data::<Data<AppState>>().cloned();
        let worker = request.app_data::<Data<WorkerContext>>().cloned();
        let (Some(state), Some(worker)) = (state, worker) else {
            return ready(Err(Failure::Internal("no shared state").into()));
        };
        let auth = Authenticated::from_request(request, payload).into_inner();
        let request = request.clone();
        ready(auth.map(|auth| Self { request, auth, state, worker, keeper: None }))
    }
}

/// The next call in its selector's turn.
///
/// # Errors
/// When the header of tags cannot be read.
pub fn next_call(
    target: Target,
    request: ClientRequest,
    auth: &Authenticated,
    worker: &WorkerContext,
) -> Result<Box<Call>, Failure> {
    let seed = worker.0.seeds.next(&target.selector);
    call(target, request, auth, seed)
}

/// # Errors
/// When the header of tags cannot be read.
pub fn call(
    Target { endpoint, selector }: Target,
    request: ClientRequest,
    auth: &Authenticated,
    seed: u64,
) -> Result<Box<Call>, Failure> {
    let Authenticated { meta, caller } = auth;
    Ok(Box::new(Call {
        request_id: meta.request_id.clone(),
        origin: Origin::Client(endpoint),
        tags: tags(meta.tags.as_deref())?,
        session: meta.session.clone(),
        known_conversation: None,
        seed,
        selector,
        request,
        form: None,
        format: ClientFormat::Chat,
        api_key: caller.key().cloned(),
        hops: meta.hops.clone(),
        trace: meta.trace.clone(),
        vendor: VendorHeaders::default(),
        adjusted: Vec::new(),
        arrived: meta.arrived,
        arrived_us: meta.arrived_us,
        before: meta.before,
    }))
}

/// Relays a call that is not streamed.
///
/// # Errors
/// Why there is no answer.
///
/// # Cancel safety
/// Dropping it gives up the call, whose record says so.
pub async fn relay_whole(
    call: Box<Call>,
    worker: &WorkerContext,
) -> Result<Box<WholeReply>, Failure> {
    match relay(worker.0.clone(), call).await? {
        Reply::Whole(whole) => Ok(whole),
        Reply::Stream(_) => Err(Failure::Internal("a stream in reply to a whole call")),
    }
}

/// # Errors
/// When the expression cannot be read.
fn tags(expression: Option<&str>) -> Result<TagFilter, Failure> {
    let Some(expression) = expression else { return Ok(TagFilter::default()) };
    TagFilter::parse(expression).map_err(|bad| Failure::BadRequest {
        message: format!("the header `{TAGS}` cannot be read: {bad}"),
        param: Some(String::from(TAGS)),
    })
}
