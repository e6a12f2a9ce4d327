//! What is inserted, and what fails a batch.

use diesel::connection::SimpleConnection;

use super::*;
use crate::domain::invocation::Bodies;
use crate::domain::packed::Texts;
use crate::store::batches::{self, BatchId};
use crate::store::packing::{Packer, unpack};
use crate::store::sums::tests::call;
use crate::store::{Connection, Database};

fn database(folder: &tempfile::TempDir) -> Connection {
    let database = Database::at(&folder.path().join("router.db").display().to_string());
    database.prepare().unwrap();
    database.connect().unwrap()
}

fn packed(number: u64) -> PackedCall {
    let mut call = call(number);
    call.route = Some(format!("trace {number}"));
    let request = format!("request {number}").into();
    call.bodies = Some(Bodies { request, response: "answer".into(), is_truncated: false });
    let prompt = Beginning::of(&"word ".repeat(usize::try_from(number).unwrap()));
    Packer::default().pack_call(call, Texts { prompt, answer: None })
}

#[test]
fn what_stands_apart_from_a_row_belongs_to_its_call() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let batch: Vec<PackedCall> = (0..600).map(packed).collect();
    let id = BatchId { writer: "one", sequence: 1, now_us: 5 };
    batches::write(&mut connection, &CallLog::default(), id, &batch).unwrap();
    let rows: Vec<(i64, i64, Vec<u8>, Vec<u8>)> = invocations::table
        .inner_join(
            invocation_traces::table.on(invocation_traces::invocation_id.eq(invocations::id)),
        )
        .inner_join(
            invocation_bodies::table.on(invocation_bodies::invocation_id.eq(invocations::id)),
        )
        .order(invocations::id)
        .select((
            invocations::id,
            invocations::duration_us,
            invocation_traces::trace,
            invocation_bodies::request,
        ))
        .load(&mut connection)
        .unwrap();
    assert_eq!(rows.len(), 600);
    for (number, (id, duration_us, trace, request)) in rows.into_iter().enumerate() {
        let expected = i64::try_from(number).unwrap();
        assert_eq!((id, duration_us), (expected + 1, 10_000 + expected));
        assert_eq!(unpack(&trace), format!("trace {number}").into_bytes());
        assert_eq!(unpack(&request), format!("request {number}").into_bytes());
    }
    let (prompt, length): (Option<String>, Option<i64>) = invocation_texts::table
        .find(101)
        .select((invocation_texts::prompt, invocation_texts::prompt_length))
        .first(&mut connection)
        .unwrap();
    assert!(prompt.unwrap().ends_with("word word…"));
    assert_eq!(length, Some(499));
}

#[test]
fn a_row_that_is_left_out_of_many_fails_its_batch() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    connection
        .batch_execute(
            "CREATE TRIGGER leave BEFORE INSERT ON invocations WHEN NEW.duration_us = 10007 \
             BEGIN SELECT RAISE(IGNORE); END",
        )
        .unwrap();
    let batch: Vec<Invocation> = (0..40).map(call).collect();
    let id = BatchId { writer: "one", sequence: 1, now_us: 5 };
    let refused = batches::write(&mut connection, &CallLog::default(), id, &batch).unwrap_err();
    assert!(refused.is_of_the_row(), "{refused}");
    let rows: i64 = invocations::table.count().get_result(&mut connection).unwrap();
    assert_eq!(rows, 0);
}
