//! The routing inputs of a call, read once from its body: the same for serving and for explaining.

use super::allowance::restrictions;
use super::call::{Call, RelayContext};
use super::capacity;
use crate::catalog::{Model, Snapshot};
use crate::domain::failure::Failure;
use crate::routing::pairs::{self, Decision};
use crate::routing::trace::{Left, Trace};
use crate::routing::{
    self, Conversation, Granted, Rights, RoutingContext, RoutingQuery, Saturated,
};

pub struct RoutingRequest {
    pub decision: Option<Decision>,
    granted: Granted,
}

impl RoutingRequest {
    /// The side of a pair is chosen by the rules.
    ///
    /// # Errors
    /// When the body's routing fields are invalid.
    pub fn read(snapshot: &Snapshot, call: &Call) -> Result<Self, Failure> {
        let request = &call.request;
        request
            .check_preferences()
            .map_err(|bad| Failure::BadRequest { message: bad.message, param: bad.param })?;
        let pair = pairs::requested_pair(snapshot, &call.selector)?;
        let by_rules =
            |pair| pairs::by_rules(pair, &request.last_user_text(), &request.facts.needs);
        Ok(Self {
            decision: pair.map(by_rules),
            granted: restrictions(call)
                .map(|restrictions| Granted::of(snapshot, restrictions))
                .unwrap_or_default(),
        })
    }

    /// The routing query of this call, now. `conversation`: the conversation's hash from the
    /// request.
    pub fn query<'a>(
        &'a self,
        context: &RelayContext,
        call: &'a Call,
        saturated: &'a dyn Fn(&Model) -> Option<Saturated>,
        conversation: &'a dyn Fn() -> u64,
    ) -> RoutingQuery<'a> {
        let facts = &call.request.facts;
        RoutingQuery {
            selector: &call.selector,
            tags: &call.tags,
            preferences: &facts.preferences,
            fallback_models: &facts.fallback_models,
            decision: self.decision.as_ref(),
            rights: restrictions(call)
                .map(|restrictions| Rights { restrictions, granted: &self.granted }),
            saturated,
            circumstances: RoutingContext {
                needs: &facts.needs,
                conversation: call
                    .known_conversation
                    .map_or(Conversation::Of(conversation), Conversation::Known),
                seed: call.seed,
                now: context.now(),
            },
        }
    }
}

/// The models that would be called, in order, and why each other model would not.
pub struct Explanation {
    /// The estimated number of tokens of the prompt.
    pub prompt_tokens: u64,
    /// Or the failure for the client if no model can be called.
    pub outcome: Result<Trace, Failure>,
    pub left_out: Vec<Left>,
}

/// Explains a call without making it. An analyzer is not called, because it would cost.
///
/// # Errors
/// When the body's routing fields are invalid.
pub fn explain(context: &RelayContext, call: &Call) -> Result<Explanation, Failure> {
    let snapshot = context.catalogue.snapshot();
    let asked = RoutingRequest::read(&snapshot, call)?;
    let needs = &call.request.facts.needs;
    let saturated = |model: &Model| capacity::saturated(context, model, needs);
    let conversation = || call.conversation();
    let (plan, left_out) =
        routing::explain(&snapshot, asked.query(context, call, &saturated, &conversation));
    let trace = |plan| Trace {
        left_out: Vec::new(),
        ..Trace::whole(&plan, asked.decision.as_ref(), call.seed)
    };
    Ok(Explanation {
        prompt_tokens: needs.prompt_tokens,
        outcome: plan.map(trace),
        left_out: left_out.iter().map(Left::of).collect(),
    })
}
