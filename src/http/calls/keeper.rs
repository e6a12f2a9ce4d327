//! Keeps the response that a call of OpenAI's Responses ends with, before its client can name it.

use log::{info, warn};
use memchr::memmem;

use crate::dialects::responses::client::references::item_ids;
use crate::dialects::responses::client::stored::{ended, last_response, output_of};
use crate::store::responses::{ResponseRow, save};
use crate::store::writer::WriterHandle;

/// What is longer is not kept.
const LONGEST: usize = 8 * 1024 * 1024;

/// Keeps the response of one call.
pub struct Keeper {
    pub writer: WriterHandle,
    /// Without the response.
    pub row: ResponseRow,
}

impl Keeper {
    /// Keeps the response that the answer is. It is there before its client can name it.
    ///
    /// # Cancel safety
    /// It is kept even if the caller stops waiting.
    pub async fn keep(&self, response: &[u8]) {
        let Some(id) = ended(response) else { return };
        let length = response.len() + self.row.input.len();
        if length > LONGEST {
            info!("the response {id} has {length} bytes and is not kept");
            return;
        }
        let response = String::from_utf8_lossy(response).into_owned();
        let items = item_ids([&output_of(&response), &self.row.input]);
        let row = ResponseRow { id, response, ..self.row.clone() };
        let kept = self.writer.write(move |connection| save(connection, &row, &items)).await;
        if let Err(error) = kept {
            warn!("a response cannot be kept, and no request can go on from it: {error}");
        }
    }

    /// The same where it is in the last event of a stream, if that is among these bytes.
    ///
    /// # Cancel safety
    /// As [`Self::keep`].
    pub async fn keep_last(&self, events: &[u8]) {
        let is_last = ["\"response.completed\"", "\"response.incomplete\""]
            .iter()
            .any(|kind| memmem::find(events, kind.as_bytes()).is_some());
        if let Some(response) = last_response(events).filter(|_| is_last) {
            self.keep(&response).await;
        }
    }
}
