use super::*;
use crate::store::invocations::testing::{execute, open, write};

async fn ids(feed: &Feed, after: i64) -> Vec<i64> {
    let rows = feed.calls_after(after).await.unwrap();
    rows.iter().map(|row| row.call.id).collect()
}

#[tokio::test]
async fn each_reader_gets_each_call_once_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (database, mut connection) = open(&folder);
    let feed = Feed::of(Reader::of(&database));
    assert_eq!(ids(&feed, 0).await, [] as [i64; 0]);
    let mut readers = [0_i64, 0, 0];
    let mut got: [Vec<i64>; 3] = Default::default();
    for round in 0..30 {
        write(&mut connection, round * 250..(round + 1) * 250);
        // The first keeps up, the second is slower, the third comes at the end.
        let turns = [2, usize::from(round % 3 == 0), if round == 29 { 99 } else { 0 }];
        for (reader, turns) in turns.into_iter().enumerate() {
            for _ in 0..turns {
                let page = ids(&feed, readers[reader]).await;
                readers[reader] = page.last().copied().unwrap_or(readers[reader]);
                got[reader].extend(page);
            }
        }
    }
    let all: Vec<i64> = (1..=7500).collect();
    assert_eq!(got[0], all);
    assert_eq!(got[1], all[..got[1].len()]);
    assert_eq!(got[2], all);
    assert!(feed.tail().rows.len() <= KEPT);
}

#[tokio::test]
async fn calls_that_have_changed_are_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (database, mut connection) = open(&folder);
    let feed = Feed::of(Reader::of(&database));
    write(&mut connection, 0..3);
    let before = feed.calls_after(0).await.unwrap()[1].call.duration_us;
    let longer = "UPDATE invocations SET duration_us = duration_us + 7 WHERE id = 2";
    execute(&mut connection, longer);
    assert_eq!(feed.calls_after(0).await.unwrap()[1].call.duration_us, before);
    feed.forget();
    assert_eq!(feed.calls_after(0).await.unwrap()[1].call.duration_us, before + 7);
    assert_eq!(ids(&feed, 2).await, [3]);
}
