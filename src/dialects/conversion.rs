//! A chat body that is made of a request of a vendor's API once it is asked for, and what is found out
//! on the way.

use std::sync::OnceLock;

use super::errors::BadRequest;
use super::json::body::JsonBody;
use super::json::write::Object;
use super::openai::body;

/// Where the parts of a chat body came from in the request that it was made of.
pub trait Origins: Default {
    /// An error, as the API words it.
    fn bad(place: &str, complaint: &str) -> BadRequest;

    /// The client's place of one in the chat body.
    fn place_of(&self, place: &str) -> Option<String>;

    /// An error of the chat body with the client's place, in its parameter and where its text quotes it.
    fn respelled(&self, bad: BadRequest) -> BadRequest {
        bad.respelled(|place| self.place_of(place).unwrap_or_else(|| place.to_owned()))
    }
}

/// A parameter of the chat body, as the client calls it. `members`: those with another name.
pub fn member_in<'n>(members: &[(&str, &'static str)], name: &'n str) -> &'n str {
    members.iter().find(|(chat, _)| *chat == name).map_or(name, |(_, own)| own)
}

/// What is found out while a request is converted.
#[derive(Debug, Default)]
pub struct Findings<O> {
    pub origins: O,
    pub fault: Option<BadRequest>,
    pub left_out: Vec<String>,
}

impl<O: Origins> Findings<O> {
    /// Only the first fault is told.
    pub fn cannot_be_sent(&mut self, place: &str, complaint: &str) {
        self.fault.get_or_insert_with(|| O::bad(place, complaint));
    }

    pub fn leave_out(&mut self, name: &str) {
        if !self.left_out.iter().any(|known| known == name) {
            self.left_out.push(name.to_owned());
        }
    }

    /// With the body that was made.
    ///
    /// # Errors
    /// When a member that came as the client wrote it is of a wrong type, with the client's place.
    pub fn with_chat(self, chat: Object) -> Result<Converted<O>, BadRequest> {
        let Self { origins, fault, left_out } = self;
        let chat = chat.into_body();
        body::check_written(&chat).map_err(|bad| origins.respelled(bad))?;
        Ok(Converted { chat, origins, fault, left_out })
    }
}

#[derive(Clone, Debug)]
pub struct Converted<O> {
    pub chat: JsonBody,
    pub origins: O,
    /// What of the request no other API can be sent.
    pub fault: Option<BadRequest>,
    /// What of it other APIs are not sent: a tool of the vendor's servers, a type of block.
    pub left_out: Vec<String>,
}

impl<O> Converted<O> {
    /// What other APIs are not sent.
    ///
    /// # Errors
    /// With what no other API can be sent.
    pub fn left_out(&self) -> Result<&[String], BadRequest> {
        self.fault.clone().map_or(Ok(&self.left_out), Err)
    }
}

/// A request to an upstream of the same API is never converted; to others it is so once.
#[derive(Clone, Debug)]
pub struct Conversion<O>(OnceLock<Result<Converted<O>, BadRequest>>);

impl<O> Default for Conversion<O> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<O: Origins> Conversion<O> {
    /// # Errors
    /// When no chat can be made of the request, with the place.
    pub fn done(
        &self,
        convert: impl FnOnce() -> Result<Converted<O>, BadRequest>,
    ) -> Result<&Converted<O>, BadRequest> {
        self.0.get_or_init(convert).as_ref().map_err(Clone::clone)
    }

    /// An error of the chat body with the client's place.
    pub fn respelled(&self, bad: BadRequest) -> BadRequest {
        match self.0.get() {
            Some(Ok(converted)) => converted.origins.respelled(bad),
            Some(Err(_)) | None => bad,
        }
    }
}
