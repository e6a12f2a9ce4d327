//! A plain JSON service, as its `payload_mapping` describes it.

pub mod upstream;
