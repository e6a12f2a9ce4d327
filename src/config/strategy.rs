//! Reads the name of a strategy.

use super::reader::{TableReader, nearest};
use crate::domain::strategy::Strategy;

pub(super) fn read_strategy(table: &TableReader<'_>) -> Option<Strategy> {
    let written = table.located_string("strategy")?;
    let strategy = Strategy::parse(&written.value);
    if strategy.is_none() {
        let known = Strategy::ALL.map(Strategy::as_str);
        let hint = nearest(&written.value, &known).map_or_else(
            || format!("known: {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        table.error(written.at, format!("`strategy` `{}` is unknown; {hint}", written.value));
    }
    strategy
}
