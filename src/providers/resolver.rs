//! Resolves host names and connects. A name that resolves to a link-local address is refused at
//! the time of the connection, whatever it resolved to before.

use std::error::Error as StdError;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;

use actix_tls::connect::Resolve;
use futures_util::future::LocalBoxFuture;
use tokio::net::{TcpStream, lookup_host};

use crate::config::egress::EgressPolicy;
use crate::domain::link_local::is_link_local;

/// The resolver of the system, guarded by the egress policy.
pub struct GuardedResolver(pub EgressPolicy);

impl Resolve for GuardedResolver {
    fn lookup<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> LocalBoxFuture<'a, Result<Vec<SocketAddr>, Box<dyn StdError>>> {
        Box::pin(async move { Ok(self.addresses(host, port).await?) })
    }
}

impl GuardedResolver {
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let found: Vec<SocketAddr> = lookup_host((host, port)).await?.collect();
        let is_refused =
            |address: &SocketAddr| !self.0.allows_link_local && is_link_local(address.ip());
        if found.iter().any(is_refused) {
            let what = format!(
                "`{host}` resolves to a link-local or metadata address; [server] \
                 allow_link_local = true allows it"
            );
            return Err(Error::new(ErrorKind::PermissionDenied, what));
        }
        Ok(found)
    }

    /// Connects to the first address that answers.
    ///
    /// # Errors
    /// When no address answers, or the name is refused.
    ///
    /// # Cancel safety
    /// Dropping the future drops the connection.
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, Error> {
        let addresses = self.addresses(host, port).await?;
        TcpStream::connect(addresses.as_slice()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_resolves_to_a_link_local_address_is_refused_unless_allowed() {
        let closed = GuardedResolver(EgressPolicy::default());
        for host in ["169.254.169.254", "0xa9fea9fe", "::ffff:169.254.169.254"] {
            let refused = closed.addresses(host, 80).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::PermissionDenied, "{host}: {refused}");
        }
        assert_eq!(closed.addresses("127.0.0.1", 80).await.unwrap().len(), 1);
        let open = GuardedResolver(EgressPolicy { allows_link_local: true });
        assert_eq!(open.addresses("169.254.169.254", 80).await.unwrap().len(), 1);
    }
}
