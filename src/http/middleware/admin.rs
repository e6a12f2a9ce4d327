//! An [`Admin`] exists only for a request that may change the router. It carries the name under
//! which the journal records the change.

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
                let message = format!(
                    "this needs a key with the role `admin`; the key `{}` is a user's",
                    key.name
                );
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
