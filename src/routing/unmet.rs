//! A need of a request that a model does not meet: the reason for its exclusion.

use std::fmt;

use crate::domain::capabilities::Capabilities;
use crate::domain::facts::{Needs, Place};
use crate::domain::service::{ModelKind, Service};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// The model is made for something else.
    Kind {
        asked: Service,
        is: ModelKind,
    },
    /// The provider has no endpoint for it.
    Service(Service),
    /// The provider has none for texts to be continued, and a chat cannot stand for this one.
    OnlyChats {
        member: &'static str,
    },
    /// Nobody says what the model is made for.
    UnknownKind(Service),
    Image {
        at: Place,
    },
    Audio {
        at: Place,
    },
    Video {
        at: Place,
    },
    File {
        at: Place,
    },
    Tools,
    /// In tokens: prompt and answer, and the model's window.
    Context {
        needs: u64,
        has: u64,
    },
    ForcedTool,
    StructuredOutput,
}

impl Needs {
    /// The first need that the model does not meet; those without which no dialect can serve come
    /// first.
    ///
    /// The context window is compared with the smallest estimate of the prompt, and with an answer
    /// no longer than the model's limit: a model that might fit is tried, and its refusal leads to
    /// the next one. An unknown window counts as large enough.
    pub fn unmet(&self, has: &Capabilities, context_window: Option<u64>) -> Option<Unmet> {
        self.unmet_service(has)
            .or_else(|| self.unmet_media(has))
            .or_else(|| (self.tools && !has.takes_tools).then_some(Unmet::Tools))
            .or_else(|| self.unmet_context(has, context_window?))
            .or_else(|| (self.forced_tool && !has.takes_forced_tools).then_some(Unmet::ForcedTool))
            .or_else(|| {
                (self.structured && !has.takes_json_schema).then_some(Unmet::StructuredOutput)
            })
    }

    fn unmet_service(&self, has: &Capabilities) -> Option<Unmet> {
        let service = self.service;
        if let Some(is) = has.kind.filter(|kind| !service.is_of(*kind)) {
            return Some(Unmet::Kind { asked: service, is });
        }
        if !has.services.contains(service) {
            return match (service, self.only_completion) {
                (Service::Completions, None) => None,
                (Service::Completions, Some(member)) => Some(Unmet::OnlyChats { member }),
                (service, _) => Some(Unmet::Service(service)),
            };
        }
        let is_known = has.kind.is_some() || service.is_usual();
        (!is_known).then_some(Unmet::UnknownKind(service))
    }

    fn unmet_media(&self, has: &Capabilities) -> Option<Unmet> {
        let unless = |takes: bool, at: Option<Place>| at.filter(|_| !takes);
        unless(has.takes_images, self.image)
            .map(|at| Unmet::Image { at })
            .or_else(|| unless(has.takes_audio, self.audio).map(|at| Unmet::Audio { at }))
            .or_else(|| unless(has.takes_video, self.video).map(|at| Unmet::Video { at }))
            .or_else(|| unless(has.takes_files, self.file).map(|at| Unmet::File { at }))
            .or_else(|| {
                let takes_text = has.takes_files || has.takes_text_files;
                unless(takes_text, self.text_file).map(|at| Unmet::File { at })
            })
    }

    fn unmet_context(&self, has: &Capabilities, window: u64) -> Option<Unmet> {
        let most = has.max_output_tokens.unwrap_or(u64::MAX);
        let answer = self.max_tokens.unwrap_or(0).min(most);
        let is_too_short = self.least_prompt_tokens.saturating_add(answer) > window;
        let needs = self.prompt_tokens.saturating_add(answer);
        is_too_short.then_some(Unmet::Context { needs, has: window })
    }
}

impl Unmet {
    /// Whether the model can be called nevertheless, because its dialect drops the parameter and
    /// reports it. Among several models this is a reason for another one; a model requested by name
    /// is not refused for it.
    pub fn is_droppable(&self) -> bool {
        match self {
            Self::UnknownKind(_) | Self::ForcedTool | Self::StructuredOutput => true,
            Self::Kind { .. }
            | Self::Service(_)
            | Self::OnlyChats { .. }
            | Self::Image { .. }
            | Self::Audio { .. }
            | Self::Video { .. }
            | Self::File { .. }
            | Self::Tools
            | Self::Context { .. } => false,
        }
    }

    /// The place in the request's body, for an error's `param`.
    pub fn param(&self) -> String {
        match self {
            Self::Image { at } | Self::Audio { at } | Self::Video { at } | Self::File { at } => {
                at.to_string()
            }
            Self::Kind { .. } | Self::Service(_) | Self::UnknownKind(_) => String::from("model"),
            Self::OnlyChats { member } => (*member).to_owned(),
            Self::Tools => String::from("tools"),
            Self::Context { .. } => String::from("messages"),
            Self::ForcedTool => String::from("tool_choice"),
            Self::StructuredOutput => String::from("response_format"),
        }
    }
}

/// As the end of a sentence about the model.
impl fmt::Display for Unmet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Kind { asked, is } => {
                let (asked, is) = (asked.as_str(), is.as_str());
                return write!(
                    out,
                    "serves `{is}`, not {asked}; where that is wrong, set `serves` in its \
                     [models.config]"
                );
            }
            Self::Service(service) => {
                return write!(out, "has a provider without an endpoint for {}", service.as_str());
            }
            Self::OnlyChats { member } => {
                return write!(
                    out,
                    "has a provider for chats alone, which have no `{member}`; a provider with an \
                     endpoint for completions takes it"
                );
            }
            Self::UnknownKind(service) => {
                let service = service.as_str();
                return write!(
                    out,
                    "is not known to serve {service} (`serves` in its [models.config])"
                );
            }
            Self::Image { .. } => "does not take images",
            Self::Audio { .. } => "does not take audio",
            Self::Video { .. } => "does not take video",
            Self::File { .. } => "does not take files",
            Self::Tools => "does not take tools",
            Self::Context { needs, has } => {
                return write!(out, "its context of {has} tokens is too short for about {needs}");
            }
            Self::ForcedTool => "cannot be made to call a tool",
            Self::StructuredOutput => "does not take a JSON schema for its answer",
        };
        out.write_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Option<Place> = Some(Place { message: 2, part: 1 });

    fn shown(needs: &Needs, has: &Capabilities, window: Option<u64>) -> String {
        let Some(unmet) = needs.unmet(has, window) else { return String::from("met") };
        let softly = if unmet.is_droppable() { " (droppable)" } else { "" };
        format!("{unmet} [{}]{softly}", unmet.param())
    }

    #[test]
    fn a_need_is_told_where_the_ability_is_missing() {
        let all = Capabilities::default();
        let without = |take: fn(&mut Capabilities)| {
            let mut has = Capabilities::default();
            take(&mut has);
            has
        };
        let none = Needs::default();
        for (needs, has, expected) in [
            (
                Needs { image: AT, ..none.clone() },
                without(|has| has.takes_images = false),
                "does not take images [messages[2].content[1]]",
            ),
            (
                Needs { audio: AT, ..none.clone() },
                without(|has| has.takes_audio = false),
                "does not take audio [messages[2].content[1]]",
            ),
            (
                Needs { video: AT, ..none.clone() },
                without(|has| has.takes_video = false),
                "does not take video [messages[2].content[1]]",
            ),
            (
                Needs { file: AT, ..none.clone() },
                without(|has| has.takes_files = false),
                "does not take files [messages[2].content[1]]",
            ),
            (
                Needs { tools: true, ..none.clone() },
                without(|has| has.takes_tools = false),
                "does not take tools [tools]",
            ),
            (
                Needs { forced_tool: true, ..none.clone() },
                without(|has| has.takes_forced_tools = false),
                "cannot be made to call a tool [tool_choice] (droppable)",
            ),
            (
                Needs { structured: true, ..none.clone() },
                without(|has| has.takes_json_schema = false),
                "does not take a JSON schema for its answer [response_format] (droppable)",
            ),
        ] {
            assert_eq!(shown(&needs, &has, None), expected);
            assert_eq!(shown(&needs, &all, None), "met", "with the ability: {expected}");
            assert_eq!(shown(&none, &has, None), "met", "without the need: {expected}");
        }
    }

    #[test]
    fn a_context_is_compared_with_the_least_and_told_with_the_likely() {
        let needs = Needs { prompt_tokens: 8_000, least_prompt_tokens: 4_000, ..Needs::default() };
        let has = Capabilities::default();
        assert_eq!(needs.unmet(&has, None), None);
        assert_eq!(needs.unmet(&has, Some(4_000)), None);
        assert_eq!(
            shown(&needs, &has, Some(3_999)),
            "its context of 3999 tokens is too short for about 8000 [messages]"
        );

        let needs = Needs { max_tokens: Some(1_000), ..needs };
        assert_eq!(needs.unmet(&has, Some(5_000)), None);
        let unmet = Some(Unmet::Context { needs: 9_000, has: 4_999 });
        assert_eq!(needs.unmet(&has, Some(4_999)), unmet);
        let terse = Capabilities { max_output_tokens: Some(10), ..has };
        assert_eq!(needs.unmet(&terse, Some(4_010)), None);
        let endless = Needs { max_tokens: Some(u64::MAX), ..needs };
        assert!(endless.unmet(&Capabilities::default(), Some(1_000_000)).is_some());
    }

    #[test]
    fn what_no_dialect_can_do_without_is_told_first() {
        let has = Capabilities { takes_json_schema: false, ..Capabilities::default() };
        let needs = Needs { structured: true, least_prompt_tokens: 9, ..Needs::default() };
        assert!(matches!(needs.unmet(&has, Some(8)), Some(Unmet::Context { .. })));
    }
}
