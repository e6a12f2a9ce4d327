//! `/config/status`, `/config/sync` and `/config/preview`.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Query};
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalog::sync::Diff;
use crate::catalog::watcher::{ConfigStatus, LoadError, Preview};
use crate::config::{Problem as ConfigProblem, Severity};
use crate::http::app_state::AppState;
use crate::http::manage::dry_run::{ChangeQuery, DryRun, PlannedChange};
use crate::http::middleware::admin::Admin;
use crate::http::problem::Problem;

pub async fn status(state: Data<AppState>, _: Admin) -> Json<ConfigStatus> {
    Json((*state.watcher.status()).clone())
}

/// The diff; `errors` is empty where the file was taken.
#[derive(Serialize, ToSchema)]
pub struct SyncAnswer {
    #[serde(flatten)]
    diff: Diff,
    errors: Vec<ConfigProblem>,
    warnings: Vec<ConfigProblem>,
}

impl SyncAnswer {
    fn refused(problems: Vec<ConfigProblem>) -> Self {
        let (errors, warnings) =
            problems.into_iter().partition(|problem| problem.severity == Severity::Error);
        Self { diff: Diff::default(), errors, warnings }
    }
}

/// What taking the file would change: the diff of the names, and each entry that it would change.
#[derive(Serialize, ToSchema)]
pub struct ConfigPreview {
    #[serde(flatten)]
    answer: SyncAnswer,
    #[serde(flatten)]
    planned: DryRun,
    /// Keys of `[server]` that would take effect at the next start.
    restart_needed: Vec<&'static str>,
}

/// Takes the file now. A file with errors changes nothing and is answered with status 400.
pub async fn sync(
    state: Data<AppState>,
    admin: Admin,
    query: Query<ChangeQuery>,
) -> Result<HttpResponse, Problem> {
    if query.dry_run {
        return preview(state, admin).await;
    }
    match state.watcher.reload(&admin.actor).await {
        Ok(outcome) => Ok(HttpResponse::Ok().json(SyncAnswer {
            diff: outcome.diff,
            errors: Vec::new(),
            warnings: outcome.warnings,
        })),
        Err(error) => refused(error),
    }
}

/// `POST /config/preview`: what [`sync`] would do with the file as it is now.
pub async fn preview(state: Data<AppState>, _: Admin) -> Result<HttpResponse, Problem> {
    match state.watcher.preview().await {
        Ok(Preview { diff, changes, warnings, restart_needed }) => {
            let changes = changes.into_iter().map(PlannedChange::from).collect();
            let answer = SyncAnswer { diff, errors: Vec::new(), warnings };
            let planned = DryRun::of(changes, Vec::new());
            Ok(HttpResponse::Ok().json(ConfigPreview { answer, planned, restart_needed }))
        }
        Err(error) => refused(error),
    }
}

fn refused(error: LoadError) -> Result<HttpResponse, Problem> {
    match error {
        LoadError::Invalid { problems, .. } => {
            Ok(HttpResponse::BadRequest().json(SyncAnswer::refused(problems)))
        }
        error => Err(error.into()),
    }
}
