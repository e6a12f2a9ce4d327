//! Encrypts secrets that were set over REST with a key that is not in the database: it is derived
//! from `LLM_ROUTER_SECRET_KEY`. ChaCha20-Poly1305 with a random nonce; the provider's name is the
//! associated data, so that a sealed secret cannot be moved to another provider.

use std::sync::Arc;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::config::secrets::ProviderSecrets;
use crate::domain::secret::Secret;

pub const VARIABLE: &str = "LLM_ROUTER_SECRET_KEY";

/// Characters; a value of `openssl rand -base64 32` has 44.
const MIN_LEN: usize = 32;

/// The version of the sealed form.
const VERSION: u8 = 1;

#[derive(Clone)]
pub struct Vault {
    key: Result<Arc<LessSafeKey>, VaultError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error(
        "{VARIABLE} is not set, and without it no secret is kept in the database: set it in the \
         router's environment to the output of `openssl rand -base64 32` and restart the router"
    )]
    NoKey,

    #[error(
        "{VARIABLE} is shorter than {MIN_LEN} characters: set it to the output of \
         `openssl rand -base64 32` and restart the router"
    )]
    ShortKey,

    #[error(
        "its secrets were sealed with another {VARIABLE}: set the former one and restart the \
         router, or set the secrets again"
    )]
    OtherKey,

    #[error("the system's random number generator failed")]
    NoRandom,
}

/// The sealed secrets of a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    pub secrets: ProviderSecrets,
    /// The digest of the file's secrets when these were set. Once the file holds others, the file
    /// wins.
    pub instead_of: String,
}

#[derive(Serialize, Deserialize)]
struct Plain {
    api_key: Vec<String>,
    headers: Vec<(String, String)>,
    proxy: Option<String>,
    instead_of: String,
}

impl Vault {
    /// `secret`: the value of the variable.
    pub fn of(secret: Option<&str>) -> Self {
        let key = match secret.map(str::trim) {
            None | Some("") => Err(VaultError::NoKey),
            Some(short) if short.len() < MIN_LEN => Err(VaultError::ShortKey),
            Some(secret) => derived(secret).map(Arc::new).ok_or(VaultError::ShortKey),
        };
        Self { key }
    }

    /// # Errors
    /// No key to seal with.
    pub fn seal(&self, provider: &str, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        let key = self.key.as_ref().map_err(|error| *error)?;
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| VaultError::NoRandom)?;
        let mut text = serde_json::to_vec(&Plain::of(sealed)).unwrap_or_default();
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound_to(provider)),
                &mut text,
            )
            .map_err(|_| VaultError::OtherKey)?;
        Ok([&[VERSION], nonce.as_slice(), &text, tag.as_ref()].concat())
    }

    /// # Errors
    /// The key is missing, or another key was used to seal.
    pub fn open(&self, provider: &str, bytes: &[u8]) -> Result<Sealed, VaultError> {
        let key = self.key.as_ref().map_err(|error| *error)?;
        let Some((&VERSION, rest)) = bytes.split_first() else { return Err(VaultError::OtherKey) };
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(VaultError::OtherKey)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::OtherKey)?;
        let mut text = text.to_vec();
        let text = key
            .open_in_place(nonce, Aad::from(bound_to(provider)), &mut text)
            .map_err(|_| VaultError::OtherKey)?;
        let plain: Plain = serde_json::from_slice(text).map_err(|_| VaultError::OtherKey)?;
        Ok(plain.sealed())
    }
}

fn derived(secret: &str) -> Option<LessSafeKey> {
    let extracted = Salt::new(HKDF_SHA256, b"llm-router").extract(secret.as_bytes());
    let expanded = extracted.expand(&[b"secrets of providers, 1"], &CHACHA20_POLY1305).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(expanded)))
}

fn bound_to(provider: &str) -> Vec<u8> {
    [b"provider\0", provider.as_bytes()].concat()
}

impl Plain {
    fn of(sealed: &Sealed) -> Self {
        let Sealed { secrets, instead_of } = sealed;
        let exposed = |secret: &Secret| secret.expose().to_owned();
        Self {
            api_key: secrets.api_key.iter().map(exposed).collect(),
            headers: secrets
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), exposed(value)))
                .collect(),
            proxy: secrets.proxy.as_ref().map(exposed),
            instead_of: instead_of.clone(),
        }
    }

    fn sealed(self) -> Sealed {
        let secrets = ProviderSecrets {
            api_key: self.api_key.iter().map(|key| Secret::new(key)).collect(),
            headers: self
                .headers
                .into_iter()
                .map(|(name, value)| (name, Secret::new(&value)))
                .collect(),
            proxy: self.proxy.as_deref().map(Secret::new),
        };
        Sealed { secrets, instead_of: self.instead_of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "q1u2w3e4r5t6y7u8i9o0p1a2s3d4f5g6h7j8k9l0z1=";

    fn sealed() -> Sealed {
        let secrets = ProviderSecrets {
            api_key: Secret::list("sk-marker-1,sk-marker-2"),
            headers: vec![(String::from("x-a"), Secret::new("v"))],
            proxy: Some(Secret::new("http://u:p@h")),
        };
        Sealed { secrets, instead_of: String::from("00") }
    }

    #[test]
    fn sealed_secrets_open_with_the_same_key_for_the_same_provider_only() {
        let vault = Vault::of(Some(KEY));
        let bytes = vault.seal("up", &sealed()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("marker"));
        assert_eq!(Vault::of(Some(KEY)).open("up", &bytes), Ok(sealed()));
        assert_ne!(vault.seal("up", &sealed()).unwrap(), bytes, "the nonce is random");

        assert_eq!(vault.open("other", &bytes), Err(VaultError::OtherKey));
        let other = KEY.replace('q', "w");
        assert_eq!(Vault::of(Some(&other)).open("up", &bytes), Err(VaultError::OtherKey));
        assert_eq!(Vault::of(None).open("up", &bytes), Err(VaultError::NoKey));
        for place in [0, 1, 13, bytes.len() - 1] {
            let mut touched = bytes.clone();
            touched[place] ^= 1;
            assert_eq!(vault.open("up", &touched), Err(VaultError::OtherKey), "byte {place}");
        }
        for length in [0, 1, 12, 13, 20] {
            assert_eq!(vault.open("up", &bytes[..length]), Err(VaultError::OtherKey));
        }
    }

    #[test]
    fn without_a_key_or_with_a_short_one_nothing_is_sealed() {
        assert_eq!(Vault::of(None).seal("up", &sealed()), Err(VaultError::NoKey));
        assert_eq!(Vault::of(Some(" ")).seal("up", &sealed()), Err(VaultError::NoKey));
        assert_eq!(Vault::of(Some("short")).seal("up", &sealed()), Err(VaultError::ShortKey));
    }
}
