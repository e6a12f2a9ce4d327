//! Spells places of a chat request as paths of OpenAI's chat: `messages[2].content[1].image_url`.

use crate::dialects::errors::{BadRequest, Untranslatable};
use crate::dialects::place::{InMessage, Member, Part, Place};

/// The error for a request that cannot be translated, with the client's paths.
pub fn bad_request(fault: Untranslatable) -> BadRequest {
    fault.worded(spelled)
}

fn spelled(place: Place) -> String {
    match place {
        Place::Parameter(name) => name.to_owned(),
        Place::ToolSchema(tool) => format!("tools[{tool}].function.parameters"),
        Place::AnswerSchema => String::from("response_format.json_schema.schema"),
        Place::InMessage(InMessage { message, part, member }) => {
            let mut text = format!("messages[{message}]");
            match part {
                None => {}
                Some(Part::Content(index)) => text.push_str(&format!(".content[{index}]")),
                Some(Part::Call(index)) => text.push_str(&format!(".tool_calls[{index}]")),
            }
            text.push_str(member.map_or("", member_name));
            text
        }
    }
}

fn member_name(member: Member) -> &'static str {
    match member {
        Member::Content => ".content",
        Member::CallId => ".tool_call_id",
        Member::Arguments => ".function.arguments",
        Member::Image => ".image_url",
        Member::Audio => ".input_audio",
        Member::Video => ".video_url",
        Member::File => ".file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_spelled_as_the_client_wrote_them() {
        let message = InMessage::at(2);
        for (place, expected) in [
            (Place::Parameter("messages"), "messages"),
            (Place::ToolSchema(3), "tools[3].function.parameters"),
            (Place::AnswerSchema, "response_format.json_schema.schema"),
            (message.into(), "messages[2]"),
            (message.member(Member::Content).into(), "messages[2].content"),
            (message.member(Member::CallId).into(), "messages[2].tool_call_id"),
            (message.content(1).into(), "messages[2].content[1]"),
            (message.content(1).member(Member::File).into(), "messages[2].content[1].file"),
            (
                message.call(0).member(Member::Arguments).into(),
                "messages[2].tool_calls[0].function.arguments",
            ),
        ] {
            assert_eq!(spelled(place), expected);
        }
    }

    #[test]
    fn a_complaint_names_its_place_or_does_without() {
        let place = InMessage::at(1);
        let worded = |fault| {
            let BadRequest { message, param } = bad_request(fault);
            format!("{message} [{}]", param.unwrap_or_default())
        };
        assert_eq!(
            worded(Untranslatable::at(place, " is empty")),
            "`messages[1]` is empty [messages[1]]"
        );
        assert_eq!(
            worded(Untranslatable::at(place, ": no").because_of(InMessage::at(0))),
            "`messages[1]`: no (`messages[0]`) [messages[1]]"
        );
        assert_eq!(worded(Untranslatable::saying("no", place)), "no [messages[1]]");
        assert_eq!(worded(Untranslatable::as_a_whole("no")), "no []");
    }
}
