//! Groups, and others beyond them, equal the calls of each counted one by one.

use super::*;

/// With others and without.
pub const GROUPS: [(GroupBy, usize); 6] = [
    (GroupBy::Key, 2),
    (GroupBy::Model, 2),
    (GroupBy::Model, 9),
    (GroupBy::Provider, 1),
    (GroupBy::Tag, 1),
    (GroupBy::Error, 1),
];

/// The groups that a call is in.
fn groups_of(by: GroupBy, filter: &Filter, call: &Invocation) -> Vec<String> {
    let none = || vec![String::from("none")];
    let target = call.target.as_ref();
    let named = |name: &dyn Fn(&Target) -> String| target.map_or_else(none, |it| vec![name(it)]);
    let is_error = call.status == Status::Error || filter.status.is_some();
    match by {
        GroupBy::Key => vec![call.api_key.clone().unwrap_or(String::from("local"))],
        GroupBy::Model => named(&|target| format!("{}/{}", target.provider, target.model)),
        GroupBy::Provider => named(&|target| target.provider.clone()),
        GroupBy::Tag => target.map_or_else(Vec::new, |target| target.tags.clone()),
        GroupBy::Error => {
            call.error_code.filter(|_| is_error).map(str::to_owned).into_iter().collect()
        }
    }
}

pub fn agree(
    (connection, log): (&mut Connection, &CallLog),
    taken: &[&Invocation],
    question: &Question,
    division: &Division,
    (by, limit): (GroupBy, usize),
) -> Result<(), TestCaseError> {
    let found = grouped(connection, log, question, division, (by, limit)).unwrap();
    let mut names: BTreeMap<String, u64> = BTreeMap::new();
    let of_call = |call: &Invocation| groups_of(by, &question.filter, call);
    for name in taken.iter().flat_map(|call| of_call(call)) {
        *names.entry(name).or_default() += 1;
    }
    prop_assert_eq!(found.group_count, names.len());
    let mut ranks: Vec<(u64, String)> =
        names.iter().map(|(name, calls)| (u64::MAX - calls, name.clone())).collect();
    ranks.sort();
    let shown: Vec<String> = ranks.into_iter().take(limit).map(|(_, name)| name).collect();
    let mut expected = shown.clone();
    expected.extend((names.len() > limit).then(|| String::from("others")));
    let group_names = found.groups.iter().map(|group| group.name.group_name.clone());
    prop_assert_eq!(group_names.collect::<Vec<_>>(), expected);
    let mut by_label: BTreeMap<String, Vec<&Invocation>> = BTreeMap::new();
    for call in taken {
        let at = Timestamp::from_microsecond(call.started_at_us).unwrap();
        let label = label(found.granularity, &at.to_zoned(division.zone.clone()));
        by_label.entry(label).or_default().push(call);
    }
    // All are equally long.
    let length = by_label.keys().next().map_or(0, String::len);
    for point in &found.data {
        let is_of = |group: &String| match point.name.is_others {
            true => !shown.contains(group),
            false => *group == point.name.group_name,
        };
        // Once for each of its groups that the point is of.
        let calls = by_label.get(&point.timestamp[..length]).into_iter().flatten();
        let of_point = calls.flat_map(|call| {
            let times = of_call(call).iter().filter(|group| is_of(group)).count();
            std::iter::repeat_n(*call, times)
        });
        let figures = PointFigures::from(&count(of_point));
        prop_assert_eq!(&point.figures, &figures, "{:?} {:?}", by, point);
    }
    for group in &found.groups {
        let points = found.data.iter().filter(|point| point.name == group.name);
        let calls: u64 = points.map(|point| point.figures.total_calls).sum();
        prop_assert_eq!(calls, group.total_calls);
    }
    prop_assert_eq!(
        found.groups.iter().map(|group| group.total_calls).sum::<u64>(),
        names.values().sum::<u64>()
    );
    prop_assert_eq!(found.data.len(), found.groups.len() * division.buckets.starts.len());
    Ok(())
}
