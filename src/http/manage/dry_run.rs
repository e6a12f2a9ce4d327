//! `?dry_run=true`: what a changing request would change. One shape for all of them; everything is
//! checked as for the change itself, and nothing is written.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::catalog::edit::{Change, Edited};
use crate::config::secrets::HIDDEN;
use crate::domain::difference::{FieldChange, fields};
use crate::domain::event::EventKind;

/// Unknown parameters are refused: a misspelt `dry_run` must not change anything.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangeQuery {
    /// Answers what would change, with status 200, and changes nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a change would do.
#[derive(Serialize, ToSchema)]
pub struct DryRun {
    /// True: nothing was changed.
    dry_run: bool,
    /// Empty where it would change nothing.
    changes: Vec<PlannedChange>,
    /// Side effects that it would have.
    notices: Vec<String>,
}

/// One entry, as it is and as it would be.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlannedChange {
    /// As of the event that the change itself is noted with, such as `model.changed`.
    kind: &'static str,
    /// The provider, `provider/model` or key.
    subject: String,
    /// The members that differ.
    fields: Vec<FieldChange>,
    /// The whole entry without secrets; `null` for a new one.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    before: Option<Value>,
    /// `null` where it would be deleted.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    after: Option<Value>,
}

impl DryRun {
    pub fn of(changes: Vec<PlannedChange>, notices: Vec<String>) -> Self {
        Self { dry_run: true, changes, notices }
    }
}

impl From<Edited> for DryRun {
    fn from(edited: Edited) -> Self {
        let changes = edited.changes.into_iter().map(PlannedChange::from).collect();
        Self::of(changes, edited.notices)
    }
}

impl PlannedChange {
    pub fn new(
        kind: EventKind,
        subject: String,
        before: Option<Map<String, Value>>,
        after: Option<Map<String, Value>>,
    ) -> Self {
        let (before, after) = (before.map(Value::Object), after.map(Value::Object));
        let of = |side: &Option<Value>| side.clone().unwrap_or_default();
        let fields = fields(&of(&before), &of(&after));
        Self { kind: kind.as_str(), subject, fields, before, after }
    }

    /// A secret that would be another one.
    pub fn with_other_secret(mut self, field: &str) -> Self {
        let hidden = || Value::from(HIDDEN);
        let (before, after) = (hidden(), hidden());
        self.fields.push(FieldChange { field: field.to_owned(), before, after });
        self
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

impl From<Change> for PlannedChange {
    fn from(change: Change) -> Self {
        let Change { kind, subject, before, after, has_other_secrets, .. } = change;
        let members = |side: Option<Value>| side.and_then(|side| side.as_object().cloned());
        let planned = Self::new(kind, subject, members(before), members(after));
        match has_other_secrets {
            true => planned.with_other_secret("secrets"),
            false => planned,
        }
    }
}
