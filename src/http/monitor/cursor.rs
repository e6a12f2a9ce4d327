//! Where a page of calls has ended, as text for the next request. It holds for its own query only,
//! and keeps the range of the first page: a range like `24h` moves on meanwhile.

use crate::http::problem::Problem;

use super::params::bad;

const VERSION: &str = "1";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// A hash of the query.
    pub query: u64,
    pub start_us: Option<i64>,
    pub end_us: Option<i64>,
    /// Of the last call: what the list is ordered by, its start, and its id.
    pub after: (i64, i64, i64),
}

impl Cursor {
    pub fn to_text(self) -> String {
        let Self { query, start_us, end_us, after: (value, at_us, id) } = self;
        let start = start_us.map(|time| format!("{time:x}")).unwrap_or_default();
        let end = end_us.map(|time| format!("{time:x}")).unwrap_or_default();
        format!("{VERSION}-{query:x}-{start}-{end}-{value:x}-{at_us:x}-{id:x}")
    }

    /// # Errors
    /// When it is not the text of a cursor, or that of another query.
    pub fn read(text: &str, query: u64) -> Result<Self, Problem> {
        let broken = || bad("cursor", String::from("`cursor` must be a `next_cursor` of a list"));
        let cursor = Self::parse(text).ok_or_else(broken)?;
        if cursor.query != query {
            let message =
                "`cursor` belongs to a list with other parameters; begin this one without";
            return Err(bad("cursor", String::from(message)));
        }
        Ok(cursor)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        (parts.next()? == VERSION).then_some(())?;
        let mut number = || hexadecimal(parts.next()?);
        let (query, start, end) = (number()??, number()?, number()?);
        let mut signed = || number()?.map(u64::cast_signed);
        let after = (signed()?, signed()?, signed()?);
        let cursor = Self {
            query,
            start_us: start.map(u64::cast_signed),
            end_us: end.map(u64::cast_signed),
            after,
        };
        // One spelling only.
        (cursor.to_text() == text).then_some(cursor)
    }
}

/// An empty part is an absent number.
fn hexadecimal(text: &str) -> Option<Option<u64>> {
    match text {
        "" => Some(None),
        digits => u64::from_str_radix(digits, 16).ok().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_for_its_own_query_only() {
        for cursor in [
            Cursor { query: 7, start_us: None, end_us: Some(-5), after: (-1, 5, 9) },
            Cursor { query: u64::MAX, start_us: Some(1), end_us: None, after: (i64::MAX, -7, 0) },
        ] {
            let text = cursor.to_text();
            assert_eq!(Cursor::read(&text, cursor.query).unwrap(), cursor);
            assert_eq!(Cursor::read(&text, 8).unwrap_err().status, 400);
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in [
            "",
            "1",
            "x",
            "1-7---1-2-",
            "1-7---1-2-3-4",
            "2-7---1-2-3",
            "1-7---+1-2-3",
            "1-07---1-2-3",
        ] {
            assert_eq!(Cursor::read(text, 7).unwrap_err().status, 400, "{text}");
        }
    }
}
