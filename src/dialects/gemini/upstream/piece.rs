//! The pieces of an answer's part, in the order in which the router emits them, so that a whole
//! answer and a streamed one read the same.

use super::wire;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Thinking(String),
    /// Completes the thinking before it. Gemini signs the last part of an answer, which is often
    /// text, or an empty text at the end.
    Signature(String),
    Call {
        id: Option<String>,
        name: String,
        arguments: String,
        signature: Option<String>,
    },
    Media {
        media_type: String,
        data: String,
    },
}

/// Parts of other types (executed code, results of Gemini's own tools) are skipped.
pub(super) fn pieces(part: wire::Part) -> impl Iterator<Item = Piece> {
    let wire::Part { text, thought, thought_signature, function_call, inline_data } = part;
    let mut call = None;
    let mut signature = thought_signature.filter(|signature| !signature.is_empty());
    if let Some(found) = function_call {
        let arguments = match &found.args {
            Some(args) if args.get() != "null" => compact(args.get()),
            _ => String::from("{}"),
        };
        let name = found.name.unwrap_or_default();
        call = Some(Piece::Call { id: found.id, name, arguments, signature: signature.take() });
    }
    let media = inline_data.and_then(|blob| {
        // The signature is of no use without the image in the same place.
        signature = None;
        Some(Piece::Media { media_type: blob.mime_type?, data: blob.data? })
    });
    let text = text.filter(|text| !text.is_empty());
    let signature = signature.map(Piece::Signature);
    let told = if thought == Some(true) {
        [text.map(Piece::Thinking), signature, call, media]
    } else {
        [signature, text.map(Piece::Text), call, media]
    };
    told.into_iter().flatten()
}

/// JSON without the white space between its tokens: Gemini indents whole answers. Numbers and
/// strings keep their spelling.
fn compact(json: &str) -> String {
    let mut is_string = false;
    let mut is_escaped = false;
    json.chars()
        .filter(|character| {
            let is_kept = is_string || !character.is_ascii_whitespace();
            if is_escaped {
                is_escaped = false;
            } else if is_string && *character == '\\' {
                is_escaped = true;
            } else if *character == '"' {
                is_string = !is_string;
            }
            is_kept
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn arguments_lose_their_indentation_and_nothing_else() {
        let indented = "{\n  \"a b\": 1.50,\n  \"c\": \"x \\\" \\\\\" ,\n \"d\": [ 1, 2 ]\n}";
        assert_eq!(compact(indented), r#"{"a b":1.50,"c":"x \" \\","d":[1,2]}"#);
    }

    proptest! {
        #[test]
        fn any_strings_survive_in_arguments(key in any::<String>(), text in any::<String>()) {
            let mut value = serde_json::Map::new();
            value.insert(key, serde_json::json!([text, { "x": text }]));
            let indented = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(compact(&indented), serde_json::to_string(&value).unwrap());
        }
    }
}
