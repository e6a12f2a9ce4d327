//! A table over the routes: medians of the rounds, and the median of the ratios that the rounds had.

use crate::options::RouteName;

pub struct Table {
    rows: Vec<Row>,
}

struct Row {
    label: String,
    decimals: usize,
    /// What a proxy adds to the direct route's value of this row.
    added_to: Option<String>,
    values: Vec<(RouteName, Vec<f64>)>,
}

const HEAD: &str = "\
| | direct | nginx | router | router/nginx | without bodies | /nginx |
|---|---:|---:|---:|---:|---:|---:|
";

impl Table {
    pub fn new() -> Self {
        Self { rows: Vec::new() }
    }

    pub fn row(&mut self, label: &str, decimals: usize) {
        self.rows.push(Row {
            label: label.to_owned(),
            decimals,
            added_to: None,
            values: Vec::new(),
        });
    }

    pub fn added_row(&mut self, label: &str, added_to: &str) {
        self.row(label, 0);
        if let Some(row) = self.rows.last_mut() {
            row.added_to = Some(added_to.to_owned());
        }
    }

    /// The value of one more round, in the row with this label.
    pub fn note(&mut self, label: &str, route: RouteName, value: f64) {
        let Some(row) = self.rows.iter_mut().find(|row| row.label == label) else {
            debug_assert!(false, "no row `{label}`");
            return;
        };
        match row.values.iter_mut().find(|(name, _)| *name == route) {
            Some((_, values)) => values.push(value),
            None => row.values.push((route, vec![value])),
        }
    }

    pub fn markdown(&self) -> String {
        let rows: Vec<_> = self.rows.iter().map(|row| self.line(row)).collect();
        format!("{HEAD}{}", rows.concat())
    }

    fn line(&self, row: &Row) -> String {
        let [direct, nginx, router, no_bodies] = RouteName::ALL.map(|name| self.values(row, name));
        // Within a round the machine was the same for both; between rounds it may not have been.
        let ratio = |router: &[f64]| {
            let ratios: Vec<_> = router
                .iter()
                .zip(&nginx)
                .filter(|(router, nginx)| **router > 0.0 && **nginx > 0.0)
                .map(|(router, nginx)| router / nginx)
                .collect();
            cell(median(&ratios), 2)
        };
        let value = |values: &[f64]| cell(median(values), row.decimals);
        format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            row.label,
            value(&direct),
            value(&nginx),
            value(&router),
            ratio(&router),
            value(&no_bodies),
            ratio(&no_bodies)
        )
    }

    fn values(&self, row: &Row, route: RouteName) -> Vec<f64> {
        let of = |row: &Row, route| {
            let found = row.values.iter().find(|(name, _)| *name == route);
            found.map(|(_, values)| values.clone()).unwrap_or_default()
        };
        let Some(label) = &row.added_to else {
            return of(row, route);
        };
        let Some(base) = self.rows.iter().find(|row| row.label == *label) else {
            return Vec::new();
        };
        if route == RouteName::Direct {
            return Vec::new();
        }
        let direct = of(base, RouteName::Direct);
        of(base, route).iter().zip(&direct).map(|(proxied, direct)| proxied - direct).collect()
    }
}

/// A dash for what was not measured.
pub fn cell(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
}

/// `None` for no values; the mean of the middle two for an even number.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) =
        (sorted.get(values.len().checked_sub(1)? / 2)?, sorted.get(values.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}
