//! The names of models, as Ollama's clients write them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::catalog::{Model, Snapshot};
use crate::http::middleware::caller::Authenticated;
use crate::routing::models_requested;

/// What the tag of a name says where it says nothing.
const LATEST: &str = ":latest";

/// `x` and `x:latest` are one name: the one that the catalogue knows.
pub fn known_name<'n>(snapshot: &Snapshot, name: &'n str) -> Cow<'n, str> {
    if snapshot.is_name(name) {
        return Cow::Borrowed(name);
    }
    if let Some(bare) = name.strip_suffix(LATEST) {
        return Cow::Borrowed(bare);
    }
    let tagged = format!("{name}{LATEST}");
    if snapshot.has(&tagged) { Cow::Owned(tagged) } else { Cow::Borrowed(name) }
}

/// The models that a call with the name may reach.
pub fn models_of(snapshot: &Snapshot, auth: &Authenticated, name: &str) -> Vec<Arc<Model>> {
    let may_call = auth.may_call(snapshot);
    let mut models = models_requested(snapshot, name);
    models.retain(|model| model.is_callable() && may_call(model));
    models
}
