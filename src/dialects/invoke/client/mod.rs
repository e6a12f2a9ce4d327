//! The router's own format, of `/route/invoke` and `/models/…/invoke`: turned into a chat
//! request, and the chat answer turned back.

pub mod answer;
pub mod request;
pub mod stream;
