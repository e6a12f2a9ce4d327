//! What every request passes through: its line, its id, its caller, its body.

pub mod admin;
pub mod body;
pub mod caller;
pub mod encoding;
pub mod json_object;
pub mod reported;
pub mod request;
pub mod request_line;
pub mod session_cookie;
pub mod upload;
