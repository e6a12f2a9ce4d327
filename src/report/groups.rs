//! Figures bucket by bucket and group by group: those with the most calls, and all others as one.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::figures::{PointFigures, Tally, cost};
use super::scope::{Dimension, ERROR, Scope};
use super::source::{Part, Source};
use super::statistics::covered_from;
use super::{Division, Granularity, Question};
use crate::domain::sums::Sums;
use crate::domain::times::rfc3339;
use crate::store::call_log::CallLog;
use crate::store::names::Names;
use crate::store::sums::View;
use crate::store::{Connection, StoreError, in_snapshot};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    Model,
    Provider,
    Key,
    Tag,
    Error,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(title = "GroupedTimeSeries")]
pub struct GroupedSeries {
    pub granularity: Granularity,
    pub time_zone: String,
    pub start_time: String,
    pub end_time: String,
    /// Calls before it are not counted.
    pub covered_from: String,
    pub group_by: GroupBy,
    /// By rank: the most calls first; what is beyond `limit` comes last, as one.
    pub groups: Vec<Group>,
    /// How many there are, those beyond `limit` with them.
    pub group_count: usize,
    /// Every group in every bucket, the oldest bucket first.
    pub data: Vec<GroupedPoint>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(title = "TimeSeriesGroup")]
pub struct Group {
    #[serde(flatten)]
    pub name: GroupName,
    pub total_calls: u64,
    pub total_tokens: u64,
    /// Dollars; absent where no cost is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub total_cost: Option<f64>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupedPoint {
    pub timestamp: String,
    pub is_partial: bool,
    #[serde(flatten)]
    pub name: GroupName,
    #[serde(flatten)]
    pub figures: PointFigures,
}

/// A group with its ids, as far as it has any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, ToSchema)]
pub struct GroupName {
    /// `openai/gpt-6-astra`; `none` for calls that reached no model, `local` for those without a
    /// key, `others` for what is beyond `limit`.
    pub group_name: String,
    pub is_others: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub model_id: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub model_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub provider_id: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub provider_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub api_key_id: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error_code: Option<String>,
}

impl GroupBy {
    fn dimension(self) -> Dimension {
        match self {
            Self::Model | Self::Provider | Self::Tag => Dimension::Target,
            Self::Key => Dimension::Caller,
            Self::Error => Dimension::Error,
        }
    }

    /// Not so where a call may have several tags or none, or no error.
    fn has_each_call_once(self) -> bool {
        match self {
            Self::Model | Self::Provider | Self::Key => true,
            Self::Tag | Self::Error => false,
        }
    }

    /// What the groups are made of: 0 stands for none.
    fn id_in(self, part: &Part<'_>) -> i32 {
        match self.dimension() {
            Dimension::Caller => part.caller,
            Dimension::Error => part.error,
            Dimension::Target | Dimension::None => part.target,
        }
    }
}

impl Group {
    fn of<'a>(name: GroupName, tallies: impl Iterator<Item = &'a Tally>) -> Self {
        let mut sum = Sums::default();
        for Tally { sums, .. } in tallies {
            sum.calls += sums.calls;
            sum.priced += sums.priced;
            sum.usage.total = sum.usage.total.saturating_add(sums.usage.total);
            sum.cost_nano_usd = sum.cost_nano_usd.saturating_add(sums.cost_nano_usd);
        }
        Self { name, total_calls: sum.calls, total_tokens: sum.usage.total, total_cost: cost(&sum) }
    }
}

/// The groups that there can be, and to which an id belongs.
#[derive(Default)]
struct Groups {
    names: Vec<GroupName>,
    /// A model in several versions of its name is one group: the place of each by what it is.
    places: HashMap<(i32, String), usize>,
    of: HashMap<i32, Vec<usize>>,
}

impl Groups {
    fn of(by: GroupBy, names: &Names) -> Self {
        let mut groups = Self::default();
        let named = |group_name: String| GroupName { group_name, ..GroupName::default() };
        match by {
            GroupBy::Model => {
                groups.add(0, (0, String::new()), named(String::from("none")));
                for (id, target) in &names.targets {
                    let (provider, model) = (&target.provider_name, &target.model_name);
                    let name = GroupName {
                        model_id: Some(target.model_id),
                        model_name: Some(model.clone()),
                        provider_id: Some(target.provider_id),
                        provider_name: Some(provider.clone()),
                        ..named(format!("{provider}/{model}"))
                    };
                    groups.add(*id, (target.model_id, String::new()), name);
                }
            }
            GroupBy::Provider => {
                groups.add(0, (0, String::new()), named(String::from("none")));
                for (id, target) in &names.targets {
                    let name = GroupName {
                        provider_id: Some(target.provider_id),
                        provider_name: Some(target.provider_name.clone()),
                        ..named(target.provider_name.clone())
                    };
                    groups.add(*id, (target.provider_id, String::new()), name);
                }
            }
            GroupBy::Tag => {
                for (id, target) in &names.targets {
                    for tag in &target.tags {
                        let name = GroupName { tag: Some(tag.clone()), ..named(tag.clone()) };
                        groups.add(*id, (0, tag.clone()), name);
                    }
                }
            }
            GroupBy::Key => {
                for (id, caller) in &names.callers {
                    let is_local = caller.api_key_id == 0 && caller.name.is_empty();
                    let shown = if is_local { "local" } else { caller.name.as_str() };
                    let key_id = Some(caller.api_key_id).filter(|id| *id != 0);
                    let name = GroupName { api_key_id: key_id, ..named(shown.to_owned()) };
                    let apart = if key_id.is_some() { String::new() } else { caller.name.clone() };
                    groups.add(*id, (caller.api_key_id, apart), name);
                }
            }
            GroupBy::Error => {
                for (id, error) in &names.errors {
                    let code = Some(error.code.clone());
                    let name = GroupName { error_code: code, ..named(error.code.clone()) };
                    groups.add(*id, (0, error.code.clone()), name);
                }
            }
        }
        groups
    }

    /// A name that was seen later is the group's.
    fn add(&mut self, id: i32, what: (i32, String), name: GroupName) {
        let place = *self.places.entry(what).or_insert(self.names.len());
        match self.names.get_mut(place) {
            Some(known) => *known = name,
            None => self.names.push(name),
        }
        self.of.entry(id).or_default().push(place);
    }

    /// Those that have calls, the most first.
    fn ranked(&self, calls: &[u64]) -> Vec<usize> {
        let calls = |place: usize| calls.get(place).copied().unwrap_or_default();
        let mut ranked: Vec<usize> = (0..self.names.len()).collect();
        ranked.retain(|place| calls(*place) > 0);
        ranked.sort_by_key(|place| {
            let name = self.names.get(*place).map(|name| name.group_name.clone());
            (Reverse(calls(*place)), name)
        });
        ranked
    }

    /// What belongs to some of the groups.
    fn ids(&self, is_wanted: impl Fn(&usize) -> bool) -> Vec<i32> {
        let wanted = self.of.iter().filter(|(_, places)| places.iter().any(&is_wanted));
        wanted.map(|(id, _)| *id).collect()
    }

    fn places(&self, by: GroupBy, scope: &Scope, part: &Part<'_>) -> &[usize] {
        // A client that left is no error, unless it is asked for.
        if by == GroupBy::Error && scope.status.is_none() && part.status != ERROR {
            return &[];
        }
        self.of.get(&by.id_in(part)).map_or(&[], Vec::as_slice)
    }
}

/// What belongs to the same groups, several of them: added up for a bucket, and then to each. Sums
/// come bucket by bucket, and so this is seldom.
#[derive(Default)]
struct Together {
    row: usize,
    /// By their places.
    sets: HashMap<Vec<usize>, usize>,
    /// Each with the columns of its places.
    tallies: Vec<(Vec<usize>, Tally)>,
}

impl Together {
    fn add(&mut self, places: &[usize], part: &Part<'_>, columns: impl FnOnce() -> Vec<usize>) {
        let set = match self.sets.get(places) {
            Some(set) => *set,
            None => {
                self.sets.insert(places.to_vec(), self.tallies.len());
                self.tallies.push((columns(), Tally::default()));
                self.tallies.len() - 1
            }
        };
        if let Some((_, tally)) = self.tallies.get_mut(set) {
            tally.add(part);
        }
    }

    /// The bucket is over: another one begins.
    fn move_to(&mut self, row: usize, tallies: &mut [Tally], columns: usize) {
        let begin = std::mem::replace(&mut self.row, row) * columns;
        for (of_set, sum) in self.tallies.iter_mut().filter(|(_, sum)| sum.sums.calls > 0) {
            for column in of_set.iter().filter(|column| **column < columns) {
                if let Some(tally) = tallies.get_mut(begin + column) {
                    tally.merge(sum);
                }
            }
            *sum = Tally::default();
        }
    }
}

/// # Errors
/// SQLite's error.
pub fn grouped(
    connection: &mut Connection,
    log: &CallLog,
    question: &Question,
    division: &Division,
    (by, limit): (GroupBy, usize),
) -> Result<GroupedSeries, StoreError> {
    in_snapshot(connection, |connection| {
        let mut source = Source::open(connection, log, question)?;
        let groups = Groups::of(by, &source.names);
        let buckets = &division.buckets;
        let spans = buckets.spans();
        let whole: Vec<(i64, i64)> = match (spans.first(), spans.last()) {
            (Some(first), Some(last)) => vec![(first.0, last.1)],
            _ => Vec::new(),
        };
        let scope = source.scope.clone();

        // The rank first, from sums as long as can be; then only the groups that are shown are kept.
        let mut calls = vec![0u64; groups.names.len()];
        source.count(by.dimension(), &whole, &mut |part| {
            for place in groups.places(by, &scope, part) {
                if let Some(calls) = calls.get_mut(*place) {
                    *calls += part.calls();
                }
            }
        })?;
        let ranked = groups.ranked(&calls);
        let shown: HashMap<usize, usize> =
            ranked.iter().take(limit).enumerate().map(|(rank, place)| (*place, rank)).collect();
        let has_others = ranked.len() > limit;
        let columns = shown.len() + usize::from(has_others);
        // Where each call is in one group, others have what all have and those that are shown do not.
        let is_rest =
            has_others && by.has_each_call_once() && source.is_part_of_all(by.dimension(), &spans);

        let mut tallies = vec![Tally::default(); columns * buckets.starts.len()];
        let mut together = Together::default();
        let mut visit = |part: &Part<'_>| {
            let Some(row) = buckets.place(part.from_us) else { return };
            let mut add = |column: usize| {
                let at = row * columns + column;
                if let Some(tally) = tallies.get_mut(at).filter(|_| column < columns) {
                    tally.add(part);
                }
            };
            let column_of = |place: &usize| match shown.get(place) {
                Some(column) => Some(*column),
                None if is_rest => None,
                None => Some(shown.len()),
            };
            if is_rest && part.view.is_none_or(|view| view == View::All) {
                add(shown.len());
            }
            if part.view == Some(View::All) {
                return;
            }
            match groups.places(by, &scope, part) {
                [] => {}
                [place] => column_of(place).into_iter().for_each(add),
                places => {
                    if together.row != row {
                        together.move_to(row, &mut tallies, columns);
                    }
                    together.add(places, part, || places.iter().filter_map(column_of).collect());
                }
            }
        };
        let reached = match is_rest {
            true => {
                let ids = groups.ids(|place| shown.contains_key(place));
                source.points_with_all(by.dimension(), ids, &spans, &mut visit)?
            }
            false => source.points(by.dimension(), &spans, &mut visit)?,
        };
        together.move_to(0, &mut tallies, columns);
        if is_rest {
            tallies.chunks_mut(columns).for_each(leave_rest);
        }

        let mut names: Vec<GroupName> = ranked
            .iter()
            .take(limit)
            .filter_map(|place| groups.names.get(*place).cloned())
            .collect();
        if has_others {
            let group_name = String::from("others");
            names.push(GroupName { group_name, is_others: true, ..GroupName::default() });
        }
        let data = points(&buckets.labels(&division.zone), &names, &tallies);
        let of_column = |column| tallies.iter().skip(column).step_by(columns.max(1));
        let groups = names.into_iter().enumerate();
        let groups = groups.map(|(column, name)| Group::of(name, of_column(column)));
        Ok(GroupedSeries {
            granularity: buckets.granularity,
            time_zone: division.zone_name.clone(),
            start_time: rfc3339(question.period.start_us),
            end_time: rfc3339(question.period.until_us),
            covered_from: covered_from(&mut source, reached)?,
            group_by: by,
            groups: groups.collect(),
            group_count: ranked.len(),
            data,
        })
    })
}

/// The last one has what all have: what the others have is taken out.
fn leave_rest(row: &mut [Tally]) {
    if let Some((rest, shown)) = row.split_last_mut() {
        shown.iter().for_each(|tally| rest.subtract(tally));
    }
}

/// The points of one bucket after the other, in each those of all groups.
fn points(labels: &[(String, bool)], names: &[GroupName], tallies: &[Tally]) -> Vec<GroupedPoint> {
    let rows = labels.iter().zip(tallies.chunks(names.len().max(1)));
    let points = rows.flat_map(|((timestamp, is_partial), row)| {
        names.iter().zip(row).map(move |(name, tally)| GroupedPoint {
            timestamp: timestamp.clone(),
            is_partial: *is_partial,
            name: name.clone(),
            figures: tally.into(),
        })
    });
    points.collect()
}
