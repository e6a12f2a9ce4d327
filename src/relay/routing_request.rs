//! What a call asks for, read once from its body: the same for those who are served and for those
//! who only want it explained.

use super::allowance::restrictions;
use super::call::{Call, RelayContext};
use super::capacity;
use crate::catalog::{Model, Snapshot};
use crate::dialects::openai::body::ChatBody;
use crate::domain::failure::Failure;
use crate::routing::needs::Needs;
use crate::routing::pairs::{self, Decision};
use crate::routing::trace::{Left, Trace};
use crate::routing::{self, Granted, Preferences, Rights, RoutingContext, RoutingQuery, Saturated};

pub struct RoutingRequest {
    pub needs: Needs,
    preferences: Preferences,
    further: Vec<String>,
    pub decision: Option<Decision>,
    granted: Granted,
}

impl RoutingRequest {
    /// A pair is judged by the rules.
    ///
    /// # Errors
    /// When the body says something of routing that cannot be understood.
    pub fn read(snapshot: &Snapshot, call: &Call) -> Result<Self, Failure> {
        let needs = Needs::of(&call.body);
        let preferences = Preferences::of(&call.body)
            .map_err(|bad| Failure::BadRequest { message: bad.message, param: bad.param })?;
        let pair = pairs::asked_for(snapshot, &call.selector)?;
        Ok(Self {
            decision: pair.map(|pair| pairs::by_rules(pair, &call.body, &needs)),
            further: further_models(&call.body),
            granted: restrictions(call)
                .map(|restrictions| Granted::of(snapshot, restrictions))
                .unwrap_or_default(),
            needs,
            preferences,
        })
    }

    /// The inquiry of this call, at this moment.
    pub fn inquiry<'a>(
        &'a self,
        context: &RelayContext,
        call: &'a Call,
        full: &'a dyn Fn(&Model) -> Option<Saturated>,
    ) -> RoutingQuery<'a> {
        RoutingQuery {
            selector: &call.selector,
            tags: &call.tags,
            preferences: &self.preferences,
            further: &self.further,
            decision: self.decision.as_ref(),
            rights: restrictions(call)
                .map(|restrictions| Rights { restrictions, granted: &self.granted }),
            full,
            circumstances: RoutingContext {
                needs: &self.needs,
                conversation: call.conversation(),
                seed: call.seed,
                now: context.now(),
            },
        }
    }
}

/// OpenRouter's `models`: who is asked after the first. What is no list of names is the
/// upstream's to refuse.
fn further_models(body: &ChatBody) -> Vec<String> {
    let text = body.value_of("models").unwrap_or_default();
    serde_json::from_slice(text).unwrap_or_default()
}

/// Who would be called, in which order, and why each other model would not.
pub struct Explanation {
    /// About how many tokens the prompt holds.
    pub prompt_tokens: u64,
    /// Or what the client would be told where nobody can be called.
    pub outcome: Result<Trace, Failure>,
    pub left_out: Vec<Left>,
}

/// Explains a call without making it. An analyzer is not asked: it would cost.
///
/// # Errors
/// When the body says something of routing that cannot be understood.
pub fn explain(context: &RelayContext, call: &Call) -> Result<Explanation, Failure> {
    let snapshot = context.catalogue.snapshot();
    let asked = RoutingRequest::read(&snapshot, call)?;
    let full = |model: &Model| capacity::full(context, model, &asked.needs);
    let (plan, left_out) = routing::explain(&snapshot, asked.inquiry(context, call, &full));
    let trace = |plan| Trace {
        left_out: Vec::new(),
        ..Trace::whole(&plan, asked.decision.as_ref(), call.seed)
    };
    Ok(Explanation {
        prompt_tokens: asked.needs.prompt_tokens,
        outcome: plan.map(trace),
        left_out: left_out.iter().map(Left::of).collect(),
    })
}
