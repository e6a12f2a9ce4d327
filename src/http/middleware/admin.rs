//! Who may change the router. Having a [`Admin`] means having been let in to do so, and knowing
//! under which name the journal notes it.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::auth::Caller;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;

pub struct Admin {
    pub actor: String,
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let auth = Authenticated::from_request(request, payload).into_inner();
        ready(auth.and_then(|auth| match auth.caller.key() {
            Some(key) if !key.is_admin() => {
                let message = format!("this is for admins; the key `{}` is a user's", key.name);
                Err(Problem::new(403, "admin_required", message))
            }
            _ => Ok(Self { actor: name(&auth.caller).to_owned() }),
        }))
    }
}

fn name(caller: &Caller) -> &str {
    match caller {
        Caller::Local => "local",
        Caller::Anyone => "anyone",
        Caller::Key { key, .. } => &key.name,
    }
}
