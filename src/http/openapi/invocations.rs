//! `/monitor`.

use super::RouteDoc;
use crate::http::monitor::invocations::{InvocationDetail, InvocationList, ListQuery};

pub fn invocations() -> RouteDoc {
    RouteDoc::new("listInvocations", "Calls, page by page; a user sees its own")
        .query::<ListQuery>()
        .answers::<InvocationList>(200, "A page.")
        .fails(&[503])
}

pub fn invocation() -> RouteDoc {
    RouteDoc::new("getInvocation", "One call with its bodies, as far as they were kept")
        .numbered(&["id"])
        .answers::<InvocationDetail>(200, "The call.")
        .fails(&[503])
}
