//! A conversation that became too long is replaced by a summary, which the client holds as an item
//! that it cannot read. The model writes it; the router puts it into its envelope, and takes it out
//! again on later turns.

use crate::dialects::envelope::{Envelope, Holds};
use crate::dialects::json::RawObject;
use crate::dialects::json::fields::text_of;

/// Asks the model for the summary, in the place of the client's trigger.
pub(super) const ASK: &str = "The conversation has become too long and is about to be replaced by a \
summary, from which another model carries on. Write that summary now, and nothing else; call no \
tools. Say what the user wants and has decided, what was done and found out, which files, commands \
and names matter, word for word where it counts, what is being worked on at this moment, and what \
is left to do.";

/// Stands for a summary that this router cannot read.
pub(super) const SEALED_ELSEWHERE: &str = "[An earlier part of this conversation was summarized by \
another service, and its summary cannot be read here.]";

/// The summary as a message of the user; `None` where another service sealed it.
pub(super) fn opened(item: &RawObject<'_>) -> Option<String> {
    let envelope = Envelope::read(&text_of(item, "encrypted_content")?)?;
    (envelope.holds == Holds::Summary).then(|| {
        format!("The conversation before this was summarized as follows.\n\n{}", envelope.data)
    })
}

/// `encrypted_content` of the item.
pub(super) fn sealed(summary: &str, served_by: &str) -> String {
    let (maker, id) = (None, None);
    let (sealed_by, data) = (served_by.to_owned(), summary.to_owned());
    Envelope { sealed_by, holds: Holds::Summary, maker, id, data, text: None }.write()
}
