//! Rows of `events`: written in batches, read newest first; only the newest are kept.

use diesel::prelude::*;

use super::batches::Batched;
use super::database::{Connection, StoreError};
use super::schema::events;
use crate::domain::event::{Event, EventKind};

/// Rows that are kept; at one a minute, more than two months.
pub const KEPT: i64 = 100_000;

/// Rows deleted at once, so that the writer is not blocked for long.
pub const SLICE: i64 = 500;

#[derive(Insertable, serde::Serialize)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct NewEvent<'a> {
    at_us: i64,
    kind: &'a str,
    subject: &'a str,
    actor: &'a str,
    summary: &'a str,
    before_json: Option<String>,
    after_json: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct EventRow {
    pub id: i64,
    pub at_us: i64,
    pub kind: String,
    pub subject: String,
    pub actor: String,
    pub summary: String,
    /// JSON.
    pub before_json: Option<String>,
    pub after_json: Option<String>,
}

/// The filter of a list. Times are microseconds, both ends inclusive.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `circuit.opened`, or `circuit` for all events of a noun. Empty: all.
    pub kinds: Vec<String>,
    pub subject: Option<String>,
    pub actor: Option<String>,
    pub start_us: Option<i64>,
    pub end_us: Option<i64>,
    /// Events older than the one with this id.
    pub before: Option<i64>,
}

impl Batched for Event {
    const STREAM: &'static str = "events";
    type Sink = ();

    fn insert_all((): &(), connection: &mut Connection, noted: &[Self]) -> Result<(), StoreError> {
        for event in noted {
            diesel::insert_into(events::table).values(&row_of(event)).execute(connection)?;
        }
        Ok(())
    }

    fn reference(&self) -> String {
        format!("{} {}", self.kind.as_str(), self.subject)
    }

    fn record(&self) -> String {
        serde_json::to_string(&row_of(self)).unwrap_or_default()
    }
}

fn row_of(event: &Event) -> NewEvent<'_> {
    NewEvent {
        at_us: event.at_us,
        kind: event.kind.as_str(),
        subject: &event.subject,
        actor: &event.actor,
        summary: &event.summary,
        before_json: event.before.as_ref().map(ToString::to_string),
        after_json: event.after.as_ref().map(ToString::to_string),
    }
}

/// The matching events, newest first.
///
/// # Errors
/// SQLite's error.
pub fn list(
    connection: &mut Connection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<EventRow>, StoreError> {
    let mut query = events::table.order(events::id.desc()).limit(limit).into_boxed();
    if !filter.kinds.is_empty() {
        query = query.filter(events::kind.eq_any(named(&filter.kinds)));
    }
    if let Some(actor) = &filter.actor {
        query = query.filter(events::actor.eq(actor));
    }
    if let Some(subject) = &filter.subject {
        query = query.filter(events::subject.eq(subject));
    }
    if let Some(start) = filter.start_us {
        query = query.filter(events::at_us.ge(start));
    }
    if let Some(end) = filter.end_us {
        query = query.filter(events::at_us.le(end));
    }
    if let Some(before) = filter.before {
        query = query.filter(events::id.lt(before));
    }
    Ok(query.select(EventRow::as_select()).load(connection)?)
}

/// The kinds of the nouns and the kinds themselves.
fn named(words: &[String]) -> Vec<&'static str> {
    let kinds = EventKind::ALL.map(EventKind::as_str).into_iter();
    let is_named = |kind: &&str| {
        let noun = kind.split('.').next().unwrap_or_default();
        words.iter().any(|word| word == kind || word == noun)
    };
    kinds.filter(is_named).collect()
}

/// The events with higher ids than `after`, oldest first.
///
/// # Errors
/// SQLite's error.
pub fn list_after(
    connection: &mut Connection,
    after: i64,
    limit: i64,
) -> Result<Vec<EventRow>, StoreError> {
    let query = events::table.filter(events::id.gt(after)).order(events::id.asc()).limit(limit);
    Ok(query.select(EventRow::as_select()).load(connection)?)
}

/// The id of the newest event; 0 where there is none.
///
/// # Errors
/// SQLite's error.
pub fn highest_id(connection: &mut Connection) -> Result<i64, StoreError> {
    let newest: Option<i64> =
        events::table.select(diesel::dsl::max(events::id)).first(connection)?;
    Ok(newest.unwrap_or(0))
}

/// Deletes up to `slice` of the oldest rows beyond the newest `kept`; returns the number deleted.
///
/// # Errors
/// SQLite's error.
pub fn forget(connection: &mut Connection, kept: i64, slice: i64) -> Result<usize, StoreError> {
    let newest: Option<i64> =
        events::table.select(diesel::dsl::max(events::id)).first(connection)?;
    let oldest: Option<i64> =
        events::table.select(diesel::dsl::min(events::id)).first(connection)?;
    let (Some(newest), Some(oldest)) = (newest, oldest) else { return Ok(0) };
    // Rows are deleted only here, oldest first, so the ids have no gap.
    let end = (newest - kept).min(oldest + slice - 1);
    if end < oldest {
        return Ok(0);
    }
    Ok(diesel::delete(events::table.filter(events::id.le(end))).execute(connection)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::EventKind;
    use crate::store::Database;

    fn event(number: i64, kind: EventKind) -> Event {
        Event {
            at_us: number,
            kind,
            subject: format!("s{}", number % 2),
            actor: String::from(Event::BY_ROUTER),
            summary: number.to_string(),
            before: None,
            after: Some(serde_json::json!({"number": number})),
        }
    }

    fn filled(folder: &tempfile::TempDir) -> Connection {
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        database.prepare().unwrap();
        let mut connection = database.connect().unwrap();
        let kinds = [EventKind::CircuitOpened, EventKind::ConfigReloaded];
        let events: Vec<Event> =
            (0..10).zip(kinds.iter().cycle()).map(|(at, kind)| event(at, *kind)).collect();
        Event::insert_all(&(), &mut connection, &events).unwrap();
        connection
    }

    fn summaries(connection: &mut Connection, filter: &Filter, limit: i64) -> String {
        let rows = list(connection, filter, limit).unwrap();
        rows.into_iter().map(|row| row.summary).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_list_holds_the_matching_events_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = filled(&folder);
        let all = Filter::default();
        assert_eq!(summaries(&mut connection, &all, 3), "9 8 7");
        let last_id = list(&mut connection, &all, 3).unwrap()[2].id;
        let further = Filter { before: Some(last_id), ..Filter::default() };
        assert_eq!(summaries(&mut connection, &further, 3), "6 5 4");
        for (kind, found) in [
            ("circuit", "8 6 4 2 0"),
            ("circuit.opened", "8 6 4 2 0"),
            ("config.reloaded", "9 7 5 3 1"),
            ("circ", ""),
        ] {
            let of_kind = Filter { kinds: vec![kind.to_owned()], ..Filter::default() };
            assert_eq!(summaries(&mut connection, &of_kind, 9), found, "{kind}");
        }
        let kinds = vec![String::from("config"), String::from("circuit.opened")];
        let of_both = Filter { kinds, ..Filter::default() };
        assert_eq!(summaries(&mut connection, &of_both, 3), "9 8 7");
        let some = Filter {
            subject: Some(String::from("s1")),
            start_us: Some(3),
            end_us: Some(7),
            ..Filter::default()
        };
        assert_eq!(summaries(&mut connection, &some, 9), "7 5 3");
    }

    #[test]
    fn the_oldest_rows_are_deleted_slice_by_slice() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = filled(&folder);
        let gone: Vec<usize> = (0..4).map(|_| forget(&mut connection, 3, 4).unwrap()).collect();
        assert_eq!(gone, [4, 3, 0, 0]);
        assert_eq!(summaries(&mut connection, &Filter::default(), 99), "9 8 7");
    }
}
