//! Names as they were when a call was made: one row for each combination ever seen, found by the
//! process that writes in memory.

use std::collections::HashMap;
use std::hash::Hash;

use diesel::prelude::*;

use super::database::{Connection, StoreError};
use super::schema::{callers, endpoints, errors, prices, targets};
use crate::domain::invocation::{Invocation, PriceUsed, Target};
use crate::domain::price::TokenPrice;

/// The ids of what was seen. Ids of a transaction that was rolled back must be [forgotten](Self::clear).
#[derive(Default)]
pub struct Dictionaries {
    targets: HashMap<NewTarget, i32>,
    callers: HashMap<NewCaller, i32>,
    errors: HashMap<NewError, i32>,
    endpoints: HashMap<&'static str, i32>,
    prices: HashMap<NewPrice, i32>,
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

#[derive(Clone, Debug, PartialEq, Eq, Hash, Insertable)]
#[diesel(table_name = targets)]
pub struct NewTarget {
    pub provider_id: i32,
    pub provider_name: String,
    pub model_id: i32,
    pub model_name: String,
    pub tags: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Insertable)]
#[diesel(table_name = callers)]
pub struct NewCaller {
    pub api_key_id: i32,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Insertable)]
#[diesel(table_name = errors)]
pub struct NewError {
    pub code: String,
    pub http_status: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Insertable)]
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
        let target = call.target.as_ref().map(target_of);
        let error = call.error_code.map(|code| NewError {
            code: code.to_owned(),
            http_status: i32::from(call.http_status),
        });
        let caller = NewCaller {
            api_key_id: call.api_key_id.map_or(0, |id| id.0),
            name: call.api_key.clone().unwrap_or_default(),
        };
        Ok(Ids {
            target: match target {
                Some(target) => Some(self.target(connection, target)?),
                None => None,
            },
            caller: self.caller(connection, caller)?,
            error: match error {
                Some(error) => Some(self.error(connection, error)?),
                None => None,
            },
            endpoint: self.endpoint(connection, call.endpoint)?,
            price: match &call.price {
                Some(price) => Some(self.price(connection, price_of(price))?),
                None => None,
            },
        })
    }

    pub fn target(
        &mut self,
        connection: &mut Connection,
        target: NewTarget,
    ) -> Result<i32, StoreError> {
        found_or(&mut self.targets, target, |target| {
            diesel::insert_or_ignore_into(targets::table).values(target).execute(connection)?;
            let same = targets::table
                .filter(targets::model_id.eq(target.model_id))
                .filter(targets::provider_id.eq(target.provider_id))
                .filter(targets::model_name.eq(&target.model_name))
                .filter(targets::provider_name.eq(&target.provider_name))
                .filter(targets::tags.eq(&target.tags));
            same.select(targets::id).first(connection)
        })
    }

    pub fn caller(
        &mut self,
        connection: &mut Connection,
        caller: NewCaller,
    ) -> Result<i32, StoreError> {
        found_or(&mut self.callers, caller, |caller| {
            diesel::insert_or_ignore_into(callers::table).values(caller).execute(connection)?;
            let same = callers::table
                .filter(callers::api_key_id.eq(caller.api_key_id))
                .filter(callers::name.eq(&caller.name));
            same.select(callers::id).first(connection)
        })
    }

    pub fn error(
        &mut self,
        connection: &mut Connection,
        error: NewError,
    ) -> Result<i32, StoreError> {
        found_or(&mut self.errors, error, |error| {
            diesel::insert_or_ignore_into(errors::table).values(error).execute(connection)?;
            let same = errors::table
                .filter(errors::code.eq(&error.code))
                .filter(errors::http_status.eq(error.http_status));
            same.select(errors::id).first(connection)
        })
    }

    pub fn endpoint(
        &mut self,
        connection: &mut Connection,
        name: &'static str,
    ) -> Result<i32, StoreError> {
        found_or(&mut self.endpoints, name, |name| endpoint_id(connection, name))
    }

    fn price(&mut self, connection: &mut Connection, price: NewPrice) -> Result<i32, StoreError> {
        found_or(&mut self.prices, price, |price| {
            diesel::insert_or_ignore_into(prices::table).values(price).execute(connection)?;
            let same = prices::table
                .filter(prices::prompt.eq(price.prompt))
                .filter(prices::cached.eq(price.cached))
                .filter(prices::cache_write.eq(price.cache_write))
                .filter(prices::completion.eq(price.completion))
                .filter(prices::reasoning.eq(price.reasoning))
                .filter(prices::source.eq(&price.source))
                .filter(prices::as_of.eq(&price.as_of));
            same.select(prices::id).first(connection)
        })
    }
}

/// # Errors
/// SQLite's error.
pub fn endpoint_id(connection: &mut Connection, name: &str) -> QueryResult<i32> {
    diesel::insert_or_ignore_into(endpoints::table)
        .values(endpoints::name.eq(name))
        .execute(connection)?;
    endpoints::table.filter(endpoints::name.eq(name)).select(endpoints::id).first(connection)
}

fn found_or<K: Hash + Eq>(
    known: &mut HashMap<K, i32>,
    key: K,
    find: impl FnOnce(&K) -> QueryResult<i32>,
) -> Result<i32, StoreError> {
    if let Some(id) = known.get(&key) {
        return Ok(*id);
    }
    let id = find(&key)?;
    known.insert(key, id);
    Ok(id)
}

fn target_of(target: &Target) -> NewTarget {
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

fn price_of(used: &PriceUsed) -> NewPrice {
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
