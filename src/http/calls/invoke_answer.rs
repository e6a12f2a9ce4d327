//! A whole answer in the router's own format.

use crate::dialects::invoke::client::answer::InvokeAnswer;
use crate::domain::failure::Failure;
use crate::relay::WholeReply;

/// # Errors
/// None that can happen: the body was read before.
pub fn answer_view<'a>(
    whole: &'a WholeReply,
    request_id: &'a str,
) -> Result<InvokeAnswer<'a>, Failure> {
    let (served, route) = (whole.served(request_id), whole.notes.route.as_str());
    InvokeAnswer::of(&whole.body, &whole.summary, served, route)
        .ok_or(Failure::Internal("an answer that was read before cannot be read"))
}
