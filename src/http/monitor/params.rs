//! Parameters of a query string, read one by one; what is left over is unknown and refused.

use std::ops::RangeInclusive;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::web::Query;

use crate::domain::hash::StableHash;
use crate::http::problem::Problem;

pub struct Params {
    given: Vec<(String, String)>,
}

impl Params {
    /// # Errors
    /// When the query string cannot be read.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let given = Query::<Vec<(String, String)>>::from_query(request.query_string());
        let given = given.map_err(|error| {
            Problem::new(400, "invalid_request", format!("the query cannot be read: {error}"))
        })?;
        Ok(Self { given: given.into_inner() })
    }

    /// Of a body, by name and text.
    pub fn given(given: Vec<(String, String)>) -> Self {
        Self { given }
    }

    /// The same for the same parameters, in whatever order they come, apart from these.
    pub fn hash_without(&self, apart: &[&str]) -> u64 {
        let mut given: Vec<_> = self.given.iter().collect();
        given.retain(|(name, value)| !apart.contains(&name.as_str()) && !value.is_empty());
        given.sort_unstable();
        let hash = given.into_iter().fold(StableHash::default(), |hash, (name, value)| {
            hash.with(name.as_bytes()).with(value.as_bytes())
        });
        hash.finish()
    }

    /// Takes a parameter; an empty one counts as absent.
    ///
    /// # Errors
    /// When it is given twice.
    pub fn filter(&mut self, name: &str) -> Result<Option<String>, Problem> {
        Ok(self.text(name)?.filter(|value| !value.is_empty()))
    }

    /// Takes a parameter as it is given.
    ///
    /// # Errors
    /// When it is given twice.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let (found, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.given).into_iter().partition(|(known, _)| known == name);
        self.given = rest;
        if found.len() > 1 {
            return Err(bad(name, format!("`{name}` is given twice")));
        }
        Ok(found.into_iter().next().map(|(_, value)| value))
    }

    /// # Errors
    /// When it is none of these words.
    pub fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(Some(*value)),
            None => {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let words = words.join(", ");
                Err(bad(name, format!("`{name}` must be one of {words}, not `{text}`")))
            }
        }
    }

    /// # Errors
    /// When it is neither `true` nor `false`.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        self.word(name, &[("true", true), ("false", false), ("1", true), ("0", false)])
    }

    /// # Errors
    /// When it is no number within the range.
    pub fn number<T: FromStr + PartialOrd + Copy + std::fmt::Display>(
        &mut self,
        name: &str,
        range: RangeInclusive<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number: Option<T> = text.parse().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            bad(name, format!("`{name}` must be a number from {least} to {most}, not `{text}`"))
        })
    }

    /// # Errors
    /// Where a parameter is left that nothing has asked for.
    pub fn end(self) -> Result<(), Problem> {
        match self.given.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(bad(&name, format!("the parameter `{name}` is unknown here"))),
        }
    }
}

pub fn bad(name: &str, message: String) -> Problem {
    Problem::new(400, "invalid_request", message).at(name)
}
