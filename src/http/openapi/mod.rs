//! What the OpenAPI document says of each route: a function for each, in a file for each noun.
//! What follows from the path and from the rules of access is added here, so that no route lacks it.

pub mod access;
pub mod bodies;
pub mod calls;
pub mod catalogue;
pub mod document;
pub mod exports;
pub mod gemini_embeddings;
pub mod invocations;
pub mod key_bodies;
pub mod live;
pub mod ollama;
pub mod ollama_embeddings;
pub mod openai_services;
pub mod pricing;
pub mod reports;
pub mod responses;
pub mod service;
pub mod viewer;

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::path::{
    Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ArrayBuilder, Type};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, ObjectBuilder, OneOfBuilder, Ref, RefOr, Required, Response,
    ResponseBuilder, Schema, SecurityRequirement,
};
use utoipa::{IntoParams, ToSchema};

use super::surface::Surface;
use bodies::{AnthropicErrorBody, ErrorBody, GeminiErrorBody, OllamaErrorBody, OpenAiErrorBody};

const JSON: &str = "application/json";

/// The names of the ways to show a credential; any one of them is enough.
pub const CREDENTIALS: [&str; 4] = ["bearer", "session", "key", "cookie"];

pub type NamedSchema = (String, RefOr<Schema>);

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Public,
    Callers,
    Admins,
}

/// What the document says of one route.
pub struct RouteDoc {
    id: &'static str,
    summary: &'static str,
    text: Option<&'static str>,
    access: Access,
    whole_numbers: &'static [&'static str],
    parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    answers: BTreeMap<u16, ResponseBuilder>,
    failures: BTreeSet<u16>,
    schemas: Vec<NamedSchema>,
}

impl RouteDoc {
    /// `id` is what generated clients call it.
    pub fn new(id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            summary,
            text: None,
            access: Access::Callers,
            whole_numbers: &[],
            parameters: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            failures: BTreeSet::new(),
            schemas: Vec::new(),
        }
    }

    pub fn text(self, text: &'static str) -> Self {
        Self { text: Some(text), ..self }
    }

    pub fn public(self) -> Self {
        Self { access: Access::Public, ..self }
    }

    pub fn for_admins(self) -> Self {
        Self { access: Access::Admins, ..self }
    }

    /// The parts of the path that are numbers.
    pub fn numbered(self, names: &'static [&'static str]) -> Self {
        Self { whole_numbers: names, ..self }
    }

    pub fn query<P: IntoParams>(mut self) -> Self {
        self.parameters.extend(P::into_params(|| Some(ParameterIn::Query)));
        self.failures.insert(400);
        self
    }

    pub fn header(mut self, name: &'static str, description: &'static str) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(text_schema()));
        self.parameters.push(parameter.build());
        self
    }

    pub fn takes<B: ToSchema>(self) -> Self {
        self.body::<B>(Required::True)
    }

    pub fn may_take<B: ToSchema>(self) -> Self {
        self.body::<B>(Required::False)
    }

    /// A form with files; JSON goes on as it comes.
    pub fn takes_form<B: ToSchema>(self) -> Self {
        self.body_of::<B>("multipart/form-data", Required::True)
    }

    fn body<B: ToSchema>(self, required: Required) -> Self {
        self.body_of::<B>(JSON, required)
    }

    fn body_of<B: ToSchema>(mut self, media: &'static str, required: Required) -> Self {
        let content = ContentBuilder::new().schema(Some(self.reference::<B>())).build();
        let body = RequestBodyBuilder::new().content(media, content).required(Some(required));
        self.body = Some(body.build());
        self.failures.extend([400, 408, 413, 415]);
        self
    }

    pub fn answers<T: ToSchema>(mut self, status: u16, description: &'static str) -> Self {
        let schema = self.reference::<T>();
        self.add(status, description, JSON, schema)
    }

    pub fn answers_one_of<T: ToSchema, U: ToSchema>(
        mut self,
        status: u16,
        description: &'static str,
    ) -> Self {
        let forms = OneOfBuilder::new().item(self.reference::<T>()).item(self.reference::<U>());
        self.add(status, description, JSON, RefOr::T(forms.build().into()))
    }

    pub fn answers_list<T: ToSchema>(mut self, description: &'static str) -> Self {
        let items = ArrayBuilder::new().items(self.reference::<T>()).build();
        self.add(200, description, JSON, RefOr::T(Schema::Array(items)))
    }

    /// Text that is a row of JSON values, beside the answer in one piece.
    pub fn answers_stream<T: ToSchema>(mut self, media: &'static str) -> Self {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .content_media_type(JSON)
            .content_schema(Some(self.reference::<T>()));
        self.add(200, "", media, RefOr::T(text.build().into()))
    }

    /// A header of the answer with 200, which is described before.
    pub fn answer_header(mut self, name: &str, description: &str) -> Self {
        if let Some(known) = self.answers.remove(&200) {
            let header =
                HeaderBuilder::new().schema(Some(text_schema())).description(Some(description));
            self.answers.insert(200, known.header(name, header.build()));
        }
        self
    }

    pub fn answers_text(self, media: &'static str, description: &'static str) -> Self {
        self.add(200, description, media, text_schema().into())
    }

    /// A schema of what is sent within text, such as the events of a stream.
    pub fn describes<T: ToSchema>(mut self) -> Self {
        let _ = self.reference::<T>();
        self
    }

    pub fn answers_nothing(mut self, status: u16, description: &'static str) -> Self {
        self.answers.insert(status, ResponseBuilder::new().description(description));
        self
    }

    /// Beside those that follow from its path, its body and its access.
    pub fn fails(mut self, statuses: &[u16]) -> Self {
        self.failures.extend(statuses);
        self
    }

    fn add(mut self, status: u16, description: &str, media: &str, schema: RefOr<Schema>) -> Self {
        let known = self.answers.remove(&status);
        let response = known.unwrap_or_else(|| ResponseBuilder::new().description(description));
        let content = ContentBuilder::new().schema(Some(schema)).build();
        self.answers.insert(status, response.content(media, content));
        self
    }

    /// To a schema of the document, which is kept with all that it refers to.
    fn reference<T: ToSchema>(&mut self) -> RefOr<Schema> {
        self.schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(&mut self.schemas);
        Ref::from_schema_name(T::name()).into()
    }

    /// The operation at this path, and the schemas that it refers to.
    pub fn at(mut self, path: &str, surface: Surface) -> (Operation, Vec<NamedSchema>) {
        for name in names_in(path) {
            self.parameters.push(self.part_of_path(name));
            self.failures.insert(404);
        }
        match self.access {
            Access::Public => {}
            // A key may be bound to addresses, and addresses that guess keys are slowed down.
            Access::Callers | Access::Admins => self.failures.extend([401, 403, 429]),
        }
        let error = match surface {
            Surface::OpenAi => self.reference::<OpenAiErrorBody>(),
            Surface::Anthropic => self.reference::<AnthropicErrorBody>(),
            Surface::Gemini => self.reference::<GeminiErrorBody>(),
            Surface::Ollama => self.reference::<OllamaErrorBody>(),
            Surface::Router => self.reference::<ErrorBody>(),
        };
        let for_admins = (self.access == Access::Admins).then_some("For admins only.");
        let description: Vec<&str> = self.text.into_iter().chain(for_admins).collect();
        let description = (!description.is_empty()).then(|| description.join(" "));
        let mut operation = OperationBuilder::new()
            .operation_id(Some(self.id))
            .summary(Some(self.summary))
            .description(description)
            .tag(tag_of(path))
            .request_body(self.body);
        if !self.parameters.is_empty() {
            operation = operation.parameters(Some(self.parameters));
        }
        if self.access == Access::Public {
            operation = operation.security(SecurityRequirement::default());
        }
        let mut responses: BTreeMap<u16, Response> =
            self.answers.into_iter().map(|(status, answer)| (status, answer.build())).collect();
        for status in self.failures {
            responses.entry(status).or_insert_with(|| failure(status, &error));
        }
        for (status, response) in responses {
            operation = operation.response(status.to_string(), response);
        }
        (operation.build(), self.schemas)
    }

    fn part_of_path(&self, name: &str) -> Parameter {
        let schema = match self.whole_numbers.contains(&name) {
            true => ObjectBuilder::new().schema_type(Type::Integer),
            false => ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)),
        };
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(schema))
            .build()
    }
}

fn text_schema() -> Schema {
    ObjectBuilder::new().schema_type(Type::String).into()
}

fn failure(status: u16, error: &RefOr<Schema>) -> Response {
    let content = ContentBuilder::new().schema(Some(error.clone())).build();
    ResponseBuilder::new().description(meaning(status)).content(JSON, content).build()
}

/// What a status means wherever the router answers with it.
fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be understood; the text names the place.",
        401 => "No credential, or one that is not known or no longer good.",
        402 => "The key's budget is spent.",
        403 => "Known, but not allowed.",
        404 => "There is no such thing, or the caller may not know of it.",
        408 => "The body did not come in time.",
        409 => "It cannot be done as things stand; the text says why.",
        413 => "The body is too large.",
        415 => "The body is not JSON, or in a coding that is not accepted.",
        429 => "Too many requests or tokens, or too many wrong keys; `Retry-After` says when.",
        500 => "A fault of the router's own.",
        502 => "The provider failed, or refused the router's own key.",
        503 => "Nothing that could serve it is healthy, or the router cannot work.",
        504 => "The provider was too slow.",
        508 => "A provider's `base_url` leads back to the router.",
        _ => "Refused.",
    }
}

/// `/models/{provider}` names `provider`.
fn names_in(path: &str) -> Vec<&str> {
    let parts = path.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
}

/// The first word of the path; calls under a model's path are calls.
fn tag_of(path: &str) -> &str {
    if path.ends_with("/invoke") || path.ends_with("/chat/completions") {
        return "calls";
    }
    match path.split('/').nth(1).unwrap_or_default() {
        "v1" | "v1beta" | "v2" | "api" | "rerank" | "route" => "calls",
        "openapi.json" => "docs",
        noun => noun,
    }
}
