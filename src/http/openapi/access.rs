//! Sessions, keys, and the caller itself.

use super::RouteDoc;
use super::bodies::Message;
use super::key_bodies::{
    KeyBody, KeyPatch, KeyView, ListedKeyView, MeView, NewKeyView, RotatedKeyView,
};
use crate::http::manage::dry_run::{ChangeQuery, DryRun};
use crate::http::manage::keys::{ListQuery, RotateBody};
use crate::http::manage::login::{BindAnswer, BindBody, LoginAnswer, LoginBody};

pub fn login() -> RouteDoc {
    RouteDoc::new("login", "Begins a session for a key")
        .text(
            "The key is in the body or in a header. 403: it is unknown or may not be used, or a page of another \
             host asks for the cookie. With `cookie` the answer also sets `llm_router_session`; with this cookie, \
             a request that changes something is taken only from a page of the router's own host.",
        )
        .public()
        .may_take::<LoginBody>()
        .answers::<LoginAnswer>(200, "The session's token.")
        .fails(&[401, 403, 429, 503])
}

pub fn logout() -> RouteDoc {
    RouteDoc::new("logout", "Ends the session of the token in the header")
        .answers::<Message>(200, "It has ended.")
        .fails(&[503])
}

pub fn bind_model() -> RouteDoc {
    RouteDoc::new("bindModel", "The model that serves calls of this session which name none")
        .takes::<BindBody>()
        .answers::<BindAnswer>(200, "It is bound.")
        .fails(&[404, 503])
}

pub fn me() -> RouteDoc {
    RouteDoc::new("me", "What the caller may do, has used, and has left")
        .answers::<MeView>(200, "The caller.")
}

pub fn keys() -> RouteDoc {
    RouteDoc::new("listKeys", "All keys, without their secrets")
        .for_admins()
        .query::<ListQuery>()
        .answers_list::<ListedKeyView>("The keys.")
}

pub fn key() -> RouteDoc {
    RouteDoc::new("getKey", "One key")
        .for_admins()
        .numbered(&["id"])
        .answers::<ListedKeyView>(200, "The key.")
}

pub fn create_key() -> RouteDoc {
    RouteDoc::new("createKey", "Makes a key, and shows it this once")
        .for_admins()
        .query::<ChangeQuery>()
        .takes::<KeyBody>()
        .answers::<NewKeyView>(201, "The key.")
        .answers::<DryRun>(200, "With `dry_run`: what would change.")
        .fails(&[409, 500, 503])
}

pub fn change_key() -> RouteDoc {
    RouteDoc::new("changeKey", "Changes what a key may do, from its next call on")
        .for_admins()
        .query::<ChangeQuery>()
        .numbered(&["id"])
        .takes::<KeyPatch>()
        .answers_one_of::<KeyView, DryRun>(200, "The key as it is now.")
        .fails(&[409, 503])
}

pub fn revoke_key() -> RouteDoc {
    RouteDoc::new("revokeKey", "Revokes a key for good, and ends its sessions")
        .for_admins()
        .query::<ChangeQuery>()
        .numbered(&["id"])
        .answers_nothing(204, "It is revoked.")
        .answers::<DryRun>(200, "With `dry_run`: what would change.")
        .fails(&[409, 503])
}

pub fn rotate_key() -> RouteDoc {
    RouteDoc::new("rotateKey", "Another key in the place of this one")
        .text("The old one stays good for `grace_seconds`.")
        .for_admins()
        .query::<ChangeQuery>()
        .numbered(&["id"])
        .may_take::<RotateBody>()
        .answers_one_of::<RotatedKeyView, DryRun>(200, "The new key, this once.")
        .fails(&[409, 500, 503])
}
