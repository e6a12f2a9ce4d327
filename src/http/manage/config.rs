//! `/config/status` and `/config/sync`.

use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalog::sync::Diff;
use crate::catalog::watcher::{ConfigStatus, LoadError};
use crate::config::{Problem as ConfigProblem, Severity};
use crate::http::app_state::AppState;
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

/// Takes the file now. A file with errors changes nothing and is answered with status 400.
pub async fn sync(
    state: Data<AppState>,
    admin: Admin,
) -> Result<actix_web::Either<Json<SyncAnswer>, actix_web::HttpResponse>, Problem> {
    use actix_web::Either::{Left, Right};
    match state.watcher.reload(&admin.actor).await {
        Ok(outcome) => Ok(Left(Json(SyncAnswer {
            diff: outcome.diff,
            errors: Vec::new(),
            warnings: outcome.warnings,
        }))),
        Err(LoadError::Invalid { problems, .. }) => {
            let (errors, warnings) =
                problems.into_iter().partition(|problem| problem.severity == Severity::Error);
            let answer = SyncAnswer { diff: Diff::default(), errors, warnings };
            Ok(Right(actix_web::HttpResponse::BadRequest().json(answer)))
        }
        Err(error) => Err(error.into()),
    }
}
