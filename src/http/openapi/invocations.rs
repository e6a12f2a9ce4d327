//! `/monitor`.

use super::RouteDoc;
use crate::http::monitor::facets::FacetsView;
use crate::http::monitor::filters::FilterParams;
use crate::http::monitor::invocation_detail::InvocationDetail;
use crate::http::monitor::invocations::{InvocationList, PageParams};

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

pub fn request() -> RouteDoc {
    RouteDoc::new("getInvocationRequest", "The request of a call, as it came")
        .numbered(&["id"])
        .answers_text("application/octet-stream", "Its bytes; 404 where they were not kept.")
        .fails(&[503])
}

pub fn response() -> RouteDoc {
    RouteDoc::new("getInvocationResponse", "The answer of a call, as it went out")
        .numbered(&["id"])
        .answers_text("application/octet-stream", "Its bytes; 404 where they were not kept.")
        .fails(&[503])
}

pub fn facets() -> RouteDoc {
    RouteDoc::new("monitorFacets", "What calls can be narrowed to, with their numbers")
        .text(
            "Of the filters it takes the time in whole quarters of an hour, the status, and those of \
             models and keys. Where it is asked for keys, all are of whole UTC days; where for models, \
             the keys are, without a number where these are too many days. Other filters change \
             nothing.",
        )
        .query::<FilterParams>()
        .answers::<FacetsView>(200, "Names.")
        .fails(&[503])
}
