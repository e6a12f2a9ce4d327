//! Places in a [`ChatRequest`](crate::domain::chat::ChatRequest). The client half spells them as
//! paths of its dialect.

/// The position of a value in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A parameter, or `messages` as a whole, by its name in OpenAI's chat.
    Parameter(&'static str),
    InMessage(InMessage),
    /// The schema of a tool's parameters; the tools are counted from 0.
    ToolSchema(usize),
    /// The schema of the answer.
    AnswerSchema,
}

/// A message, a part of it, or a member of either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InMessage {
    /// Counted from 0, system messages included.
    pub message: usize,
    pub part: Option<Part>,
    pub member: Option<Member>,
}

/// A part of a message. Contents and calls are counted separately, each from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Content(usize),
    Call(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// The content of a message as a whole.
    Content,
    /// The id with which a result refers to its call.
    CallId,
    /// The arguments of a call.
    Arguments,
    Image,
    Audio,
    Video,
    File,
}

impl InMessage {
    pub fn at(message: usize) -> Self {
        Self { message, part: None, member: None }
    }

    #[must_use]
    pub fn content(self, index: usize) -> Self {
        Self { part: Some(Part::Content(index)), ..self }
    }

    #[must_use]
    pub fn call(self, index: usize) -> Self {
        Self { part: Some(Part::Call(index)), ..self }
    }

    #[must_use]
    pub fn member(self, member: Member) -> Self {
        Self { member: Some(member), ..self }
    }
}

impl From<InMessage> for Place {
    fn from(place: InMessage) -> Self {
        Self::InMessage(place)
    }
}

/// `messages[2].content` is `messages`, 2 and `.content`.
pub fn indexed(place: &str) -> Option<(&str, usize, &str)> {
    let (list, rest) = place.split_once('[')?;
    let (index, rest) = rest.split_once(']')?;
    Some((list, index.parse().ok()?, rest)).filter(|(list, ..)| !list.contains('.'))
}
