//! `/monitor`.

use super::RouteDoc;
use crate::http::monitor::filters::FilterParams;
use crate::http::monitor::invocations::{InvocationDetail, InvocationList, PageParams};

pub fn invocations() -> RouteDoc {
    RouteDoc::new("listInvocations", "Calls, page by page; a user sees its own")
        .query::<FilterParams>()
        .query::<PageParams>()
        .answers::<InvocationList>(200, "A page.")
        .fails(&[503])
}

pub fn invocation() -> RouteDoc {
    RouteDoc::new("getInvocation", "One call with its bodies, as far as they were kept")
        .numbered(&["id"])
        .answers::<InvocationDetail>(200, "The call.")
        .fails(&[503])
}
