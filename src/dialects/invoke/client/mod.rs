//! The client half of the router's own format, for `/route/invoke` and `/models/…/invoke`: requests
//! become chat requests, chat answers become invoke answers.

pub mod answer;
pub mod request;
pub mod stream;
