//! Ids of tool calls. Gemini sends none before version 3, and clients require them.

use crate::dialects::tool_calls::AnswerIds;

/// Characters kept of the answer's id, so that generated ids stay under the 40 characters that some
/// providers allow.
const MAX_PREFIX: usize = 24;

/// Gives each call of one answer a unique id.
#[derive(Debug, Default)]
pub(super) struct CallIds {
    given: AnswerIds,
}

impl CallIds {
    /// The upstream's id if it sent one that is not a duplicate. Else an id made of the answer's
    /// id and the call's position: the same call gets the same id however the answer was cut, and
    /// calls of different answers in one conversation differ.
    pub(super) fn give(
        &mut self,
        said: Option<String>,
        response_id: &str,
        choice: u64,
        index: u64,
    ) -> String {
        self.given.give(said, || {
            let is_plain =
                |character: &char| character.is_ascii_alphanumeric() || "-_".contains(*character);
            let prefix: String = response_id.chars().filter(is_plain).take(MAX_PREFIX).collect();
            format!("call_{prefix}_{choice}_{index}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_has_an_id_of_its_own() {
        let mut ids = CallIds::default();
        let mut give = |said: Option<&str>, choice, index| {
            ids.give(said.map(str::to_owned), "Ab-1_x/=", choice, index)
        };
        assert_eq!(give(Some("call_Ab-1_x_0_1"), 0, 0), "call_Ab-1_x_0_1");
        assert_eq!(give(None, 0, 1), "call_Ab-1_x_0_1_");
        assert_eq!(give(Some("call_Ab-1_x_0_1"), 1, 0), "call_Ab-1_x_1_0");
        assert_eq!(give(Some(""), 1, 1), "call_Ab-1_x_1_1");
    }
}
