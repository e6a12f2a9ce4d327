//! The certificate of `[server.tls]`: read at the start, then watched.

use std::sync::Arc;

use actix_web::web;
use jiff::Timestamp;
use log::{info, warn};

use crate::config::settings::Settings;
use crate::domain::event::{Event, EventKind};
use crate::door::{BadPair, Certificate, Outcome};
use crate::http::AppState;

/// # Errors
/// When its files cannot be used. One that has expired can: its clients say what they think of it.
pub fn read(settings: &Settings) -> Result<Option<Arc<Certificate>>, BadPair> {
    let Some(files) = &settings.tls else { return Ok(None) };
    let certificate = Certificate::read(files.clone())?;
    if let Some(problem) = certificate.status(Timestamp::now()).problem {
        warn!("{problem}");
    }
    Ok(Some(Arc::new(certificate)))
}

/// Follows its files for as long as the process lives.
pub fn watch(state: &web::Data<AppState>) {
    let Some(certificate) = &state.certificate else { return };
    let told = state.clone();
    let watching = certificate.clone().watch(Box::new(move |outcome| tell(&told, outcome)));
    actix::spawn(watching);
}

/// Reads its files now.
pub fn look(state: &AppState) {
    if let Some(certificate) = &state.certificate {
        tell(state, &certificate.look(Timestamp::now()));
    }
}

fn tell(state: &AppState, outcome: &Outcome) {
    let (kind, summary) = match outcome {
        Outcome::Same => return,
        Outcome::Taken(until) => {
            let summary =
                format!("the certificate of [server.tls] is shown to clients, valid until {until}");
            info!("{summary}");
            (EventKind::CertificateReloaded, summary)
        }
        Outcome::Refused(reason) => {
            let summary = format!(
                "the files of [server.tls] are not used, the last good ones serve on: {reason}"
            );
            warn!("{summary}");
            (EventKind::CertificateRefused, summary)
        }
    };
    let Some(files) = &state.settings.tls else { return };
    state.journal.note(Event {
        at_us: Timestamp::now().as_microsecond(),
        kind,
        subject: files.cert.display().to_string(),
        actor: String::from(Event::BY_FILE),
        summary,
        before: None,
        after: None,
    });
}
