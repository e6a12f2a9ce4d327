//! The trace that a call belongs to: the headers that its upstreams get, and what is noted for the
//! spans of a call that is exported.

use std::time::Duration;

use crate::catalog::Model;
use crate::domain::spans::{AttemptDetails, AttemptSpan, CallSpans};
use crate::domain::times::micros;
use crate::domain::trace_context::{SAMPLED, SpanId, TraceContext, TraceHeaders, TraceId};
use crate::routing::trace::AttemptTrace;

pub enum CallTrace {
    /// No traces are exported, and the client sent none.
    None,
    /// No traces are exported: the client's headers go on as they came.
    Passed(TraceContext),
    /// The spans are exported if the trace is sampled.
    Own { spans: Box<CallSpans>, attempt: Option<SpanId> },
}

impl CallTrace {
    /// `ratio`: the share of the traces beginning here that is exported; `None` where none are.
    pub fn begin(ratio: Option<f64>, caller: Option<&TraceContext>) -> Self {
        let context = match (ratio, caller) {
            (None, None) => return Self::None,
            (None, Some(caller)) => return Self::Passed(caller.clone()),
            (Some(_), Some(caller)) => caller.clone(),
            (Some(ratio), None) => {
                let trace_id = TraceId::random();
                let flags = if trace_id.is_within(ratio) { SAMPLED } else { 0 };
                let span_id = SpanId::random();
                TraceContext { trace_id, span_id, flags, received: None, state: None }
            }
        };
        let (has_parent, span_id) = (caller.is_some(), SpanId::random());
        let spans = CallSpans { context, has_parent, span_id, attempts: Vec::new() };
        Self::Own { spans: Box::new(spans), attempt: None }
    }

    /// For a call that the router makes on behalf of this one.
    pub fn context(&self) -> Option<TraceContext> {
        match self {
            Self::None => None,
            Self::Passed(caller) => Some(caller.clone()),
            Self::Own { spans, .. } => {
                let context = spans.context.clone();
                Some(TraceContext { span_id: spans.span_id, received: None, ..context })
            }
        }
    }

    /// The next candidate is tried, so long after the call's arrival.
    pub fn candidate(&mut self, model: &Model, since_arrival: Duration) {
        let Self::Own { spans, attempt } = self else { return };
        let span_id = SpanId::random();
        *attempt = Some(span_id);
        if !spans.context.is_sampled() {
            return;
        }
        let provider = &model.provider;
        let server = provider
            .url()
            .and_then(|url| Some((url.host_str()?.to_owned(), url.port_or_known_default()?)));
        spans.attempts.push(AttemptSpan {
            span_id,
            provider: provider.name.clone(),
            kind: provider.kind,
            model: model.name.clone(),
            remote_model: model.remote_name().to_owned(),
            server,
            begun_us: micros(since_arrival),
            ended_us: None,
            requests: 0,
            failure: None,
            has_answered: false,
            details: AttemptDetails::default(),
        });
    }

    /// What the candidate's upstream is sent. The vendors' own services get none: the headers could
    /// tell them of the client's system, and they make nothing of it.
    pub fn headers(&self, model: &Model) -> Option<TraceHeaders> {
        if matches!(self, Self::None) || model.provider.kind.facts().is_vendors_service() {
            return None;
        }
        match self {
            Self::None => None,
            Self::Passed(caller) => caller.as_received(),
            Self::Own { spans, attempt } => Some(spans.context.headers((*attempt)?)),
        }
    }

    /// A request goes to the upstream.
    pub fn asked(&mut self, since_arrival: Duration) {
        let Some(attempt) = self.last() else { return };
        if attempt.requests == 0 {
            attempt.begun_us = micros(since_arrival);
        }
        attempt.requests += 1;
    }

    /// The request did not go out after all.
    pub fn not_sent(&mut self) {
        let Some(attempt) = self.last() else { return };
        attempt.requests = attempt.requests.saturating_sub(1);
    }

    /// The attempt has ended; one that streams (`goes_on`) has its first content.
    pub fn tried(&mut self, ended: Duration, outcome: &AttemptTrace, goes_on: bool) {
        let Some(attempt) = self.last() else { return };
        attempt.has_answered = outcome.error.is_none();
        attempt.failure = (!attempt.has_answered).then(|| outcome.outcome.clone());
        attempt.ended_us = (!attempt.has_answered || !goes_on).then(|| micros(ended));
        attempt.details = AttemptDetails {
            http_status: outcome.http_status,
            provider_key: outcome.provider_key,
            connect_ms: outcome.connect_ms,
            first_byte_ms: outcome.first_byte_ms,
            queue_ms: outcome.queue_ms,
        };
    }

    /// For the record; `None` where the trace is not exported.
    pub fn end(&mut self) -> Option<Box<CallSpans>> {
        match std::mem::replace(self, Self::None) {
            Self::Own { spans, .. } if spans.context.is_sampled() => Some(spans),
            _ => None,
        }
    }

    fn last(&mut self) -> Option<&mut AttemptSpan> {
        match self {
            Self::Own { spans, .. } => spans.attempts.last_mut(),
            Self::None | Self::Passed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    fn caller(text: &str) -> TraceContext {
        TraceContext::read([Some(text)].into_iter(), [Some("a=1")].into_iter()).unwrap()
    }

    #[test]
    fn without_export_a_clients_context_goes_on_as_it_came() {
        assert!(matches!(CallTrace::begin(None, None), CallTrace::None));
        let mut trace = CallTrace::begin(None, Some(&caller(SENT)));
        assert_eq!(&*trace.context().unwrap().as_received().unwrap().parent, SENT);
        assert!(trace.end().is_none());
    }

    #[test]
    fn the_callers_word_on_sampling_wins_over_the_ratio() {
        let mut unsampled = CallTrace::begin(Some(1.0), Some(&caller(SENT)));
        let child = unsampled.context().unwrap();
        assert!(!child.is_sampled() && child.span_id != caller(SENT).span_id);
        assert_eq!(child.state.as_deref(), Some("a=1"));
        assert!(unsampled.end().is_none());
        let sampled = caller(&SENT.replace("-00f067aa0ba902b7-00", "-00f067aa0ba902b7-01"));
        let spans = CallTrace::begin(Some(0.0), Some(&sampled)).end().unwrap();
        assert!(spans.has_parent && spans.context.trace_id == sampled.trace_id);
        assert!(CallTrace::begin(Some(0.0), None).end().is_none());
        let own = CallTrace::begin(Some(1.0), None).end().unwrap();
        assert!(!own.has_parent && own.context.is_sampled());
    }
}
