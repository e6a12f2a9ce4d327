//! A whole answer in the router's own format.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::dialects::invoke::client::answer::{UsageView, shown};
use crate::domain::failure::Failure;
use crate::relay::WholeReply;

#[derive(Serialize, ToSchema)]
pub struct InvokeAnswer<'a> {
    output_text: String,
    /// Dollars; `null` where the price or the usage is unknown.
    cost: Option<f64>,
    usage: Option<UsageView>,
    finish_reason: Option<&'a str>,
    model: &'a str,
    provider: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value)]
    tool_calls: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    #[schema(value_type = Value)]
    raw: &'a RawValue,
    /// `provider/model;attempts=1`.
    route: &'a str,
    request_id: &'a str,
}

/// # Errors
/// None that can happen: the body was read before.
pub fn answer_view<'a>(
    whole: &'a WholeReply,
    request_id: &'a str,
) -> Result<InvokeAnswer<'a>, Failure> {
    let raw: &RawValue = serde_json::from_slice(&whole.body)
        .map_err(|_| Failure::Internal("an answer that was read before cannot be read"))?;
    let shown = shown(&whole.body);
    Ok(InvokeAnswer {
        output_text: shown.output_text,
        cost: whole.ended.cost.map(|cost| cost.as_dollars()),
        usage: whole.ended.usage.map(UsageView::from),
        finish_reason: whole.ended.finish_reason.as_deref(),
        model: &whole.model.name,
        provider: &whole.model.provider.name,
        tool_calls: shown.tool_calls,
        reasoning: shown.reasoning,
        raw,
        route: &whole.told.route,
        request_id,
    })
}
