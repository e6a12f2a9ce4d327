//! A request's body: the bytes that came, and where its members stand in them.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use super::known;
use super::object::RawObject;
use crate::dialects::errors::BadRequest;

/// A JSON object as the bytes that came, with the places of its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonBody {
    bytes: Bytes,
    members: Vec<Member>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    name: String,
    /// Where the name stands, between its quotes; `None` where it is written with escapes.
    written: Option<Range<usize>>,
    /// Where the value stands in the bytes.
    value: Range<usize>,
}

impl JsonBody {
    /// # Errors
    /// When the bytes are no JSON object, or when `check` finds a fault in it.
    pub fn parse(
        bytes: Bytes,
        check: impl FnOnce(&RawObject<'_>) -> Result<(), BadRequest>,
    ) -> Result<Self, BadRequest> {
        let object = RawObject::parse(&bytes).map_err(|error| BadRequest {
            message: format!("the body is not a JSON object: {error}"),
            param: None,
        })?;
        check(&object)?;
        let members = members_of(&object, &bytes);
        Ok(Self { bytes, members })
    }

    /// One that was written here. `members`: their names, which need no escapes, and where their
    /// values stand.
    pub(super) fn written(
        bytes: Bytes,
        members: impl IntoIterator<Item = (String, Range<usize>)>,
    ) -> Self {
        let member = |(name, value): (String, Range<usize>)| {
            // Between them stand a quote and a colon.
            let end = value.start.saturating_sub(2);
            Member { written: Some(end.saturating_sub(name.len())..end), name, value }
        };
        Self { bytes, members: members.into_iter().map(member).collect() }
    }

    /// The same members in other bytes. `moved`: where a place is in them.
    pub(super) fn moved(
        &self,
        bytes: Bytes,
        moved: impl Fn(&Range<usize>) -> Range<usize>,
    ) -> Self {
        let member = |member: &Member| Member {
            name: member.name.clone(),
            written: member.written.as_ref().map(&moved),
            value: moved(&member.value),
        };
        Self { bytes, members: self.members.iter().map(member).collect() }
    }

    /// With the members of another body of the same bytes in front.
    pub(super) fn with_first(mut self, first: Self) -> Self {
        self.members.splice(0..0, first.members);
        self
    }

    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The names of the members, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.name.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.place_of(name).is_some()
    }

    /// Where a member's value stands.
    pub fn place_of(&self, name: &str) -> Option<Range<usize>> {
        self.members.iter().find(|member| member.name == name).map(|member| member.value.clone())
    }

    /// A member's value as it was written.
    pub fn value_of(&self, name: &str) -> Option<&[u8]> {
        self.place_of(name).map(|place| self.text_at(&place))
    }

    /// The same as one that can be taken apart.
    pub fn raw_of(&self, name: &str) -> Option<&RawValue> {
        known::raw(std::str::from_utf8(self.value_of(name)?).ok()?)
    }

    /// The members as an object's.
    pub fn object(&self) -> RawObject<'_> {
        let mut members = Vec::with_capacity(self.members.len());
        for name in self.names() {
            members.extend(self.raw_of(name).map(|value| (Cow::Borrowed(name), value)));
        }
        RawObject { members }
    }

    /// Where a member's name stands, between its quotes.
    pub fn name_place_of(&self, name: &str) -> Option<Range<usize>> {
        self.members.iter().find(|member| member.name == name)?.written.clone()
    }

    /// Itself where it has none of these members, else the same body without them.
    pub fn cleared_of(&self, names: &[&str]) -> Cow<'_, Self> {
        if names.iter().any(|name| self.has(name)) {
            Cow::Owned(self.without(names))
        } else {
            Cow::Borrowed(self)
        }
    }

    /// The same body without these members.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let mut bytes = vec![b'{'];
        let mut members = Vec::with_capacity(self.members.len());
        for member in self.members.iter().filter(|member| !names.contains(&member.name.as_str())) {
            if bytes.len() > 1 {
                bytes.push(b',');
            }
            let quoted = Value::from(member.name.as_str()).to_string();
            let start = bytes.len();
            bytes.extend_from_slice(quoted.as_bytes());
            let written = (quoted.len() == member.name.len() + 2)
                .then(|| start + 1..start + 1 + member.name.len());
            bytes.push(b':');
            let start = bytes.len();
            bytes.extend_from_slice(self.text_at(&member.value));
            members.push(Member { name: member.name.clone(), written, value: start..bytes.len() });
        }
        bytes.push(b'}');
        Self { bytes: bytes.into(), members }
    }

    /// The bytes at a place that [`Self::place_of`] gave.
    pub fn text_at(&self, place: &Range<usize>) -> &[u8] {
        self.bytes.get(place.clone()).unwrap_or_default()
    }
}

/// The values are slices of the bytes, so their places follow from their addresses.
fn members_of(object: &RawObject<'_>, bytes: &Bytes) -> Vec<Member> {
    let base = bytes.as_ptr().addr();
    let place = |text: &str| {
        let start = text.as_ptr().addr() - base;
        start..start + text.len()
    };
    let member = |(name, value): &(Cow<'_, str>, &RawValue)| Member {
        name: name.to_string(),
        written: match name {
            Cow::Borrowed(name) => Some(place(name)),
            Cow::Owned(_) => None,
        },
        value: place(value.get()),
    };
    object.members.iter().map(member).collect()
}
