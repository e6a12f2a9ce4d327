//! Whether a call that was read already is one that a filter wants: what [`filtered`] asks of the
//! table, asked of a row.
//!
//! [`filtered`]: super::filter::filtered

use super::filter::Filter;
use super::list::InvocationRow;

impl Filter {
    pub fn matches(&self, row: &InvocationRow) -> bool {
        self.wants_target_of(row)
            && self.wants_caller_of(row)
            && self.wants_end_of(row)
            && self.text.as_ref().is_none_or(|text| contains(row, text))
    }

    /// Whether it asks for something that is known only when a call has ended.
    pub fn asks_for_an_end(&self) -> bool {
        self.status.is_some()
            || self.error_code.is_some()
            || self.http_status.is_some()
            || self.min_duration_us.is_some()
            || self.min_cost_nano_usd.is_some()
            || self.min_attempts.is_some()
            || self.unpriced.is_some()
            || self.text.is_some()
    }

    fn wants_target_of(&self, row: &InvocationRow) -> bool {
        let target = row.target.as_ref();
        let tagged = |tag: &String| {
            let tags = target.map(|target| target.tags.to_ascii_lowercase()).unwrap_or_default();
            tags.contains(&format!(",{},", tag.to_ascii_lowercase()))
        };
        is(self.model_id, target.map(|target| target.model_id))
            && is(self.provider_id, target.map(|target| target.provider_id))
            && is(self.model_name.as_deref(), target.map(|target| target.model_name.as_str()))
            && is(self.provider_name.as_deref(), target.map(|target| target.provider_name.as_str()))
            && self.tag.as_ref().is_none_or(tagged)
    }

    fn wants_caller_of(&self, row: &InvocationRow) -> bool {
        is(self.api_key.as_deref(), row.api_key.as_deref())
            && is(self.api_key_id, Some(row.call.api_key_id.unwrap_or(0)))
            && is(self.only_key, row.call.api_key_id)
            && is(self.endpoint.as_deref(), Some(row.endpoint.as_str()))
            && is(self.is_stream, Some(row.is_stream()))
            && self.request_id.as_ref().is_none_or(|id| row.request_id() == *id)
            && (self.session_id.is_none() || row.session_id() == self.session_id)
            && self.start_us.is_none_or(|start| row.call.started_at_us >= start)
            && self.end_us.is_none_or(|end| row.call.started_at_us < end)
    }

    fn wants_end_of(&self, row: &InvocationRow) -> bool {
        let call = &row.call;
        let is_unpriced = call.cost_nano_usd.is_none()
            && (call.total_tokens.is_some() || row.status() == "success");
        self.status.is_none_or(|status| row.status() == status.as_str())
            && is(self.error_code.as_deref(), row.error_code.as_deref())
            && is(self.http_status, Some(call.http_status))
            && self.min_duration_us.is_none_or(|least| call.duration_us >= least)
            && self
                .min_cost_nano_usd
                .is_none_or(|least| call.cost_nano_usd.is_some_and(|cost| cost >= least))
            && self.min_attempts.is_none_or(|least| call.attempts >= least)
            && is(self.unpriced, Some(is_unpriced))
    }
}

fn is<T: PartialEq>(wanted: Option<T>, found: Option<T>) -> bool {
    wanted.is_none() || wanted == found
}

/// As `LIKE` compares: letters of ASCII in either case.
fn contains(row: &InvocationRow, text: &str) -> bool {
    let part = text.to_ascii_lowercase();
    let has_part = |text: &str| text.to_ascii_lowercase().contains(&part);
    let texts = row.texts.as_ref();
    let texts = texts.map(|texts| [&texts.error_message, &texts.prompt, &texts.answer]);
    row.request_id() == text
        || has_part(&row.requested())
        || texts.into_iter().flatten().flatten().any(|text| has_part(text))
}

#[cfg(test)]
mod tests {
    use super::super::filter::filtered;
    use super::super::list_after;
    use super::super::testing::{open, write};
    use super::*;
    use crate::domain::invocation::Status;
    use crate::store::schema::invocations;
    use diesel::prelude::*;

    fn filters() -> Vec<Filter> {
        let all = Filter::default();
        let text = |text: &str| Some(text.to_owned());
        vec![
            all.clone(),
            Filter { model_id: Some(3), ..all.clone() },
            Filter { provider_id: Some(2), ..all.clone() },
            Filter { model_name: text("model-4"), ..all.clone() },
            Filter { provider_name: text("provider-1"), ..all.clone() },
            Filter { tag: text("T2"), ..all.clone() },
            Filter { tag: text("t"), ..all.clone() },
            Filter { status: Some(Status::Cancelled), ..all.clone() },
            Filter { error_code: text("upstream_error"), ..all.clone() },
            Filter { http_status: Some(200), ..all.clone() },
            Filter { api_key: text("key-2"), ..all.clone() },
            Filter { api_key_id: Some(1), ..all.clone() },
            Filter { api_key_id: Some(0), ..all.clone() },
            Filter { only_key: Some(2), api_key_id: Some(1), ..all.clone() },
            Filter { only_key: Some(2), ..all.clone() },
            Filter { endpoint: text("invoke"), ..all.clone() },
            Filter { is_stream: Some(true), ..all.clone() },
            Filter { request_id: text("request-17"), ..all.clone() },
            Filter { session_id: text("session-3"), ..all.clone() },
            Filter { session_id: text("session-x"), ..all.clone() },
            Filter { min_duration_us: Some(10_040), ..all.clone() },
            Filter { min_cost_nano_usd: Some(300), ..all.clone() },
            Filter { min_attempts: Some(2), ..all.clone() },
            Filter { unpriced: Some(true), ..all.clone() },
            Filter { unpriced: Some(false), ..all.clone() },
            Filter { text: text("broke 3"), ..all.clone() },
            Filter { text: text("wanted-1"), ..all.clone() },
            Filter { text: text("request-20"), ..all.clone() },
            Filter { text: text("100%"), ..all.clone() },
            Filter { start_us: Some(1_795_737_630_000_000), ..all.clone() },
            Filter { end_us: Some(1_795_737_630_000_000), ..all.clone() },
            Filter {
                tag: text("fast"),
                status: Some(Status::Error),
                is_stream: Some(false),
                ..all
            },
        ]
    }

    #[test]
    fn a_row_matches_where_the_table_gives_it() {
        let folder = tempfile::tempdir().unwrap();
        let (_, mut store) = open(&folder);
        write(&mut store, 0..80);
        let connection = &mut store.0;
        let rows = list_after(connection, 0, 1000).unwrap();
        assert_eq!(rows.len(), 80);
        for filter in filters() {
            let of_table: Vec<i64> = filtered(&filter)
                .order(invocations::id.asc())
                .select(invocations::id)
                .load(connection)
                .unwrap();
            let matching = rows.iter().filter(|row| filter.matches(row));
            assert_eq!(matching.map(|row| row.call.id).collect::<Vec<_>>(), of_table, "{filter:?}");
        }
    }
}
