//! Kinds of calls: small and large, whole and streamed, in the caller's dialect and translated.

use anyhow::Result;

use crate::exchange::{
    Exchange, KEYLESS, LARGE_ANSWER, LARGE_REQUEST, LARGE_STREAM, MESSAGES, MESSAGES_STREAM,
    MESSAGES_TRANSLATED, MESSAGES_TRANSLATED_STREAM, SMALL, STREAM, TRANSLATED,
    TRANSLATED_LARGE_ANSWER, TRANSLATED_LARGE_REQUEST, TRANSLATED_LARGE_STREAM, TRANSLATED_STREAM,
};
use crate::options::{Plan, RouteName};
use crate::stand::{Route, Stand};
use crate::table::Table;

const WHOLE: [(&str, Exchange); 9] = [
    ("0.7 kB", SMALL),
    ("0.7 kB, no key", KEYLESS),
    ("0.7 kB, translated", TRANSLATED),
    ("0.7 kB, Messages", MESSAGES),
    ("0.7 kB, Messages onto chat", MESSAGES_TRANSLATED),
    ("100 kB answered", LARGE_ANSWER),
    ("100 kB answered, translated", TRANSLATED_LARGE_ANSWER),
    ("100 kB asked", LARGE_REQUEST),
    ("100 kB asked, translated", TRANSLATED_LARGE_REQUEST),
];

const STREAMED: [(&str, Exchange); 6] = [
    ("chunks of 0.2 kB", STREAM),
    ("chunks of 0.2 kB, translated", TRANSLATED_STREAM),
    ("chunks of 0.2 kB, Messages", MESSAGES_STREAM),
    ("chunks of 0.2 kB, Messages onto chat", MESSAGES_TRANSLATED_STREAM),
    ("chunks of 2 kB", LARGE_STREAM),
    ("chunks of 2 kB, translated", TRANSLATED_LARGE_STREAM),
];

pub async fn measure(stand: &mut Stand, plan: Plan) -> Result<Table> {
    let mut table = Table::new();
    for (kind, _) in WHOLE {
        table.row(&per_second(kind), 0);
        table.row(&cpu(kind), 1);
    }
    for (kind, _) in STREAMED {
        table.row(&first_chunk(kind), 0);
        table.row(&chunk_cpu(kind), 1);
    }
    for round in 1..=plan.body_rounds {
        for (kind, exchange) in WHOLE {
            for route in stand.in_turn(round) {
                whole(route, kind, &exchange, plan, &mut table).await?;
            }
        }
        for (kind, exchange) in STREAMED {
            for route in stand.in_turn(round) {
                streamed(route, kind, &exchange, plan, &mut table).await?;
            }
        }
    }
    Ok(table)
}

fn per_second(kind: &str) -> String {
    format!("**{kind}:** requests/s")
}

fn cpu(kind: &str) -> String {
    format!("{kind}: CPU a request, µs")
}

fn first_chunk(kind: &str) -> String {
    format!("**{kind}:** first chunk p50, µs")
}

fn chunk_cpu(kind: &str) -> String {
    format!("{kind}: CPU a chunk, µs")
}

async fn whole(
    route: &mut Route,
    kind: &str,
    exchange: &Exchange,
    plan: Plan,
    table: &mut Table,
) -> Result<()> {
    let load = route.load_fully(exchange, plan).await?;
    report(route.name, kind, "requests/s", load.per_second, load.cpu_us);
    table.note(&per_second(kind), route.name, load.per_second);
    if route.is_proxy() {
        table.note(&cpu(kind), route.name, load.cpu_us);
    }
    Ok(())
}

async fn streamed(
    route: &mut Route,
    kind: &str,
    exchange: &Exchange,
    plan: Plan,
    table: &mut Table,
) -> Result<()> {
    let streamed = route.stream(exchange, plan.streams, plan.spread).await?;
    report(route.name, kind, "µs to the first chunk", streamed.first_chunk_p50_us, streamed.cpu_us);
    table.note(&first_chunk(kind), route.name, streamed.first_chunk_p50_us);
    if route.is_proxy() {
        table.note(&chunk_cpu(kind), route.name, streamed.cpu_us);
    }
    Ok(())
}

fn report(route: RouteName, kind: &str, unit: &str, value: f64, cpu_us: f64) {
    eprintln!("{kind}, {}: {value:.0} {unit}, {cpu_us:.1} µs CPU", route.as_str());
}
