//! Names as they were when a call was made: one row for each combination ever seen, found by the
//! process that writes in memory.

use std::collections::HashMap;

use diesel::prelude::*;

use super::database::{Connection, StoreError};
use super::schema::{callers, endpoints, errors, prices, targets};
use crate::domain::hash::ById;
use crate::domain::invocation::{Invocation, PriceUsed, Target};
use crate::domain::price::TokenPrice;

/// The ids of what was seen. Ids of a transaction that was rolled back must be [forgotten](Self::clear).
/// Each is found by its numbers; few names share them, and these are compared where they lie, so
/// that nothing is copied for a call whose names are known.
#[derive(Default)]
pub struct Dictionaries {
    /// By provider and model.
    targets: HashMap<(i32, i32), Vec<(NewTarget, i32)>, ById>,
    /// By key; 0 for a local caller.
    callers: HashMap<i32, Vec<(String, i32)>, ById>,
    /// By HTTP status.
    errors: HashMap<i32, Vec<(String, i32)>, ById>,
    endpoints: HashMap<String, i32>,
    /// What each model was counted with last.
    used: HashMap<i32, (PriceUsed, i32), ById>,
}

/// A call's row refers to these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ids {
    pub target: Option<i32>,
    pub caller: i32,
    pub error: Option<i32>,
    pub endpoint: i32,
    pub price: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Insertable)]
#[diesel(table_name = targets)]
pub struct NewTarget {
    pub provider_id: i32,
    pub provider_name: String,
    pub model_id: i32,
    pub model_name: String,
    pub tags: String,
}

#[derive(Insertable)]
#[diesel(table_name = prices)]
struct NewPrice {
    prompt: i64,
    cached: i64,
    cache_write: i64,
    completion: i64,
    reasoning: i64,
    source: String,
    as_of: String,
}

impl Dictionaries {
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Finds or makes the rows that a call refers to. Called in a transaction.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn ids(
        &mut self,
        connection: &mut Connection,
        call: &Invocation,
    ) -> Result<Ids, StoreError> {
        let key = call.api_key_id.map_or(0, |id| id.0);
        let target = match &call.target {
            Some(target) => Some(self.target_of(connection, target)?),
            None => None,
        };
        let error = match call.error_code {
            Some(code) => Some(self.error(connection, code, i32::from(call.http_status))?),
            None => None,
        };
        let price = match &call.price {
            Some(price) => Some(self.price(connection, target.unwrap_or(0), price)?),
            None => None,
        };
        Ok(Ids {
            target,
            caller: self.caller(connection, key, call.api_key.as_deref().unwrap_or_default())?,
            error,
            endpoint: self.endpoint(connection, call.endpoint)?,
            price,
        })
    }

    fn target_of(
        &mut self,
        connection: &mut Connection,
        target: &Target,
    ) -> Result<i32, StoreError> {
        let known = self.targets.get(&(target.provider_id.0, target.model_id.0));
        let same = known.into_iter().flatten().find(|(known, _)| {
            known.model_name == target.model
                && known.provider_name == target.provider
                && is_fenced(&known.tags, &target.tags)
        });
        match same {
            Some((_, id)) => Ok(*id),
            None => self.target(connection, new_target(target)),
        }
    }

    /// # Errors
    /// SQLite's error.
    pub fn target(
        &mut self,
        connection: &mut Connection,
        target: NewTarget,
    ) -> Result<i32, StoreError> {
        let known = self.targets.entry((target.provider_id, target.model_id)).or_default();
        if let Some((_, id)) = known.iter().find(|(known, _)| *known == target) {
            return Ok(*id);
        }
        diesel::insert_or_ignore_into(targets::table).values(&target).execute(connection)?;
        let same = targets::table
            .filter(targets::model_id.eq(target.model_id))
            .filter(targets::provider_id.eq(target.provider_id))
            .filter(targets::model_name.eq(&target.model_name))
            .filter(targets::provider_name.eq(&target.provider_name))
            .filter(targets::tags.eq(&target.tags));
        let id = same.select(targets::id).first(connection)?;
        known.push((target, id));
        Ok(id)
    }

    /// # Errors
    /// SQLite's error.
    pub fn caller(
        &mut self,
        connection: &mut Connection,
        api_key_id: i32,
        name: &str,
    ) -> Result<i32, StoreError> {
        found_or(self.callers.entry(api_key_id).or_default(), name, || {
            diesel::insert_or_ignore_into(callers::table)
                .values((callers::api_key_id.eq(api_key_id), callers::name.eq(name)))
                .execute(connection)?;
            let same = callers::table
                .filter(callers::api_key_id.eq(api_key_id))
                .filter(callers::name.eq(name));
            same.select(callers::id).first(connection)
        })
    }

    /// # Errors
    /// SQLite's error.
    pub fn error(
        &mut self,
        connection: &mut Connection,
        code: &str,
        http_status: i32,
    ) -> Result<i32, StoreError> {
        found_or(self.errors.entry(http_status).or_default(), code, || {
            diesel::insert_or_ignore_into(errors::table)
                .values((errors::code.eq(code), errors::http_status.eq(http_status)))
                .execute(connection)?;
            let same = errors::table
                .filter(errors::code.eq(code))
                .filter(errors::http_status.eq(http_status));
            same.select(errors::id).first(connection)
        })
    }

    /// # Errors
    /// SQLite's error.
    pub fn endpoint(&mut self, connection: &mut Connection, name: &str) -> Result<i32, StoreError> {
        if let Some(id) = self.endpoints.get(name) {
            return Ok(*id);
        }
        diesel::insert_or_ignore_into(endpoints::table)
            .values(endpoints::name.eq(name))
            .execute(connection)?;
        let same = endpoints::table.filter(endpoints::name.eq(name));
        let id = same.select(endpoints::id).first(connection)?;
        self.endpoints.insert(name.to_owned(), id);
        Ok(id)
    }

    fn price(
        &mut self,
        connection: &mut Connection,
        target: i32,
        used: &PriceUsed,
    ) -> Result<i32, StoreError> {
        if let Some((known, id)) = self.used.get(&target)
            && known == used
        {
            return Ok(*id);
        }
        let id = price_id(connection, used)?;
        self.used.insert(target, (used.clone(), id));
        Ok(id)
    }
}

/// Finds or makes the row of a price.
///
/// # Errors
/// SQLite's error.
pub fn price_id(connection: &mut Connection, used: &PriceUsed) -> QueryResult<i32> {
    let price = new_price(used);
    diesel::insert_or_ignore_into(prices::table).values(&price).execute(connection)?;
    let same = prices::table
        .filter(prices::prompt.eq(price.prompt))
        .filter(prices::cached.eq(price.cached))
        .filter(prices::cache_write.eq(price.cache_write))
        .filter(prices::completion.eq(price.completion))
        .filter(prices::reasoning.eq(price.reasoning))
        .filter(prices::source.eq(&price.source))
        .filter(prices::as_of.eq(&price.as_of));
    same.select(prices::id).first(connection)
}

fn found_or(
    known: &mut Vec<(String, i32)>,
    name: &str,
    find: impl FnOnce() -> QueryResult<i32>,
) -> Result<i32, StoreError> {
    if let Some((_, id)) = known.iter().find(|(known, _)| known == name) {
        return Ok(*id);
    }
    let id = find()?;
    known.push((name.to_owned(), id));
    Ok(id)
}

fn new_target(target: &Target) -> NewTarget {
    NewTarget {
        provider_id: target.provider_id.0,
        provider_name: target.provider.clone(),
        model_id: target.model_id.0,
        model_name: target.model.clone(),
        tags: fenced(&target.tags),
    }
}

/// Tags as `,coding,fast,`, so that one tag can be searched for with its commas.
fn fenced(tags: &[String]) -> String {
    format!(",{},", tags.join(","))
}

/// Whether [`fenced`] makes this text of them.
fn is_fenced(text: &str, tags: &[String]) -> bool {
    let Some(mut rest) = text.strip_prefix(',') else { return false };
    for (number, tag) in tags.iter().enumerate() {
        let after = match number {
            0 => Some(rest),
            _ => rest.strip_prefix(','),
        };
        match after.and_then(|after| after.strip_prefix(tag.as_str())) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest == ","
}

fn new_price(used: &PriceUsed) -> NewPrice {
    let number = |price: Option<TokenPrice>| {
        price.map_or(-1, |price| i64::try_from(price.nano_per_million()).unwrap_or(i64::MAX))
    };
    NewPrice {
        prompt: number(used.prices.prompt),
        cached: number(used.prices.cached),
        cache_write: number(used.prices.cache_write),
        completion: number(used.prices.completion),
        reasoning: number(used.prices.reasoning),
        source: used.source.to_string(),
        as_of: used.as_of.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_as_they_are_written() {
        let lists: [&[&str]; 6] = [
            &[],
            &["fast"],
            &["fast", "coding"],
            &["fas", "t"],
            &["fastcoding"],
            &["coding", "fast"],
        ];
        let lists = lists.map(|tags| tags.iter().map(ToString::to_string).collect::<Vec<_>>());
        for left in &lists {
            for right in &lists {
                assert_eq!(is_fenced(&fenced(left), right), left == right, "{left:?} {right:?}");
            }
        }
    }
}
