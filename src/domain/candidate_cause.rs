//! Why each model that could have served a call is unavailable: the failure that opened its
//! circuit.

use std::sync::Arc;
use std::time::Duration;

use super::upstream_failure::UpstreamFailure;

/// This many causes are listed; further ones are only counted.
const MOST_NAMED: usize = 5;

/// Characters of one failure; longer messages are cut.
const MAX_CAUSE: usize = 240;

/// A model whose circuit is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateCause {
    /// `provider/model`.
    pub model: String,
    /// Its last failure.
    pub failure: Option<Arc<UpstreamFailure>>,
    pub retry_after: Duration,
    /// Its circuit is half-open: one call is the probe.
    pub is_probed: bool,
}

impl CandidateCause {
    /// Whether waiting alone is pointless. While a probe is under way the answer is open.
    pub fn is_lasting(&self) -> bool {
        let failure = self.failure.as_ref().filter(|_| !self.is_probed);
        failure.is_some_and(|failure| failure.fault.is_lasting())
    }

    pub fn is_not_found(&self) -> bool {
        let failure = self.failure.as_ref().filter(|_| !self.is_probed);
        failure.is_some_and(|failure| failure.fault.is_not_found())
    }
}

/// The end of a sentence: `: `up/a`: provider `up`: answered 404: no such model; …`.
pub(super) fn listed(causes: &[CandidateCause]) -> String {
    let mut known: Vec<String> = causes
        .iter()
        .take(MOST_NAMED)
        .filter_map(|cause| {
            let failure = brief(cause.failure.as_ref()?);
            Some(format!("`{}`: {failure}", cause.model))
        })
        .collect();
    let more = causes.len().saturating_sub(MOST_NAMED);
    if known.is_empty() {
        return String::new();
    }
    if more > 0 {
        known.push(format!("and {more} more"));
    }
    format!(": {}", known.join("; "))
}

/// The failure's text, cut so that several fit into one message.
pub fn brief(failure: &UpstreamFailure) -> String {
    short(&failure.to_string())
}

/// A text of elsewhere, cut.
pub fn short(text: &str) -> String {
    match text.char_indices().nth(MAX_CAUSE) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::upstream_failure::Fault;

    fn cause(model: &str, message: &str) -> CandidateCause {
        let fault = Fault::BadAnswer(message.to_owned());
        CandidateCause {
            model: model.to_owned(),
            failure: Some(Arc::new(UpstreamFailure { provider: String::from("p"), fault })),
            retry_after: Duration::ZERO,
            is_probed: false,
        }
    }

    #[test]
    fn each_candidate_is_named_with_its_cause() {
        let unknown = CandidateCause { failure: None, ..cause("p/c", "") };
        let causes = [cause("p/a", "nonsense"), cause("p/b", "no"), unknown];
        insta::assert_snapshot!(
            listed(&causes),
            @": `p/a`: provider `p`: nonsense; `p/b`: provider `p`: no"
        );
        assert_eq!(listed(&causes[2..]), "");
    }

    #[test]
    fn many_candidates_and_long_messages_stay_short() {
        let causes = vec![cause("p/a", &"é".repeat(100_000)); 1_000];
        let text = listed(&causes);
        assert!(text.chars().count() < MOST_NAMED * (MAX_CAUSE + 10) + 30, "{text}");
        assert!(text.ends_with("; and 995 more"), "{text}");
    }
}
