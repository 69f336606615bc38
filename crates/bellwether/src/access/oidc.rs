//! Signing in with the house's own OpenID provider: code flow, PKCE, nonce, and every check of the answer.
//!
//! - In: settings, what the provider published, and what the browser brings back.
//! - Out: who it is at the provider, and the role that their groups give.
//! - Never: believes an answer that another browser asked for, or asks for twice; takes a claim from a
//!   token whose signature, issuer, audience, nonce or time is not right; learns anything of a token's
//!   text beyond its claims.

mod client;
mod enter;
mod pending;

use super::error::AccessError;
use super::http::Fields;
use super::principal::Role;
use super::secret;
use super::settings::{OidcSettings, Settings};
use super::throttle::Key;
use bellwether_core::{Duration, Personal, Timestamp};
use client::{Claims, Web};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::url::Url;
use openidconnect::{
    AdditionalProviderMetadata, AuthenticationFlow, AuthorizationCode, Client, ClientId,
    ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IdTokenClaims, IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    ProviderMetadata, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse as _,
};
use pending::{Attempt, Pending};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

pub(super) use pending::Purpose;

/// What a provider published is asked for again after this, or when a key is unknown.
const STALE: Duration = Duration::from_micros(3_600_000_000);
/// And never more often than this.
const SOONEST: Duration = Duration::from_micros(60_000_000);

/// RFC 9207: whether answers name their issuer.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct NamesIssuer {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for NamesIssuer {}

type Published = ProviderMetadata<
    NamesIssuer,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Answer = StandardTokenResponse<
    IdTokenFields<
        Claims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Relying = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The signatures that are believed: no secret that we share, and not none.
const SIGNATURES: [CoreJwsSigningAlgorithm; 8] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The provider, and the sign-ins that are under way there.
pub(super) struct Provider {
    settings: OidcSettings,
    callback: RedirectUrl,
    fresh: Duration,
    web: Web,
    known: Mutex<Option<(Timestamp, Published)>>,
    pending: Mutex<Pending>,
}

/// Where the browser goes, and what it keeps meanwhile.
pub(super) struct Begin {
    pub(super) url: Url,
    pub(super) secret: String,
}

/// Who somebody is at the provider.
#[derive(Debug)]
pub(super) struct Vouched {
    /// The issuer's word for them; never changes.
    subject: Personal<String>,
    /// What they are called.
    name: Personal<String>,
    role: Option<Role>,
    /// When they last proved to the provider who they are.
    authed: Option<Timestamp>,
}

fn failed(what: impl Into<String>) -> AccessError {
    AccessError::Oidc(what.into())
}

impl Provider {
    pub(super) fn new(oidc: OidcSettings, settings: &Settings) -> Result<Self, AccessError> {
        let wrong = |what: &str| AccessError::Settings(what.to_owned());
        let base =
            settings.base_url.as_ref().ok_or_else(|| wrong("OIDC needs the base address"))?;
        let callback = base.join("oidc/callback").map_err(|_| wrong("the base address"))?;
        let web = Web::new(oidc.private);
        Ok(Self {
            settings: oidc,
            callback: RedirectUrl::from_url(callback),
            fresh: settings.fresh,
            web,
            known: Mutex::new(None),
            pending: Mutex::new(Pending::default()),
        })
    }

    /// What the provider published, asked for when it is not known, or older than allowed.
    fn published(&self, now: Timestamp, oldest: Duration) -> Result<Published, AccessError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, published)) = known.as_ref()
            && now.since(*at) <= oldest
        {
            return Ok(published.clone());
        }
        let issuer = IssuerUrl::new(self.settings.issuer.clone());
        let issuer = issuer.map_err(|_| failed("the issuer is no address"))?;
        let web = |request| self.web.ask(request);
        let published = Published::discover(&issuer, &web).map_err(|error| {
            tracing::warn!(code = "access-oidc", "The provider could not be asked: {error:?}");
            failed("the provider could not be asked")
        })?;
        *known = Some((now, published.clone()));
        Ok(published)
    }

    fn client(&self, published: Published) -> Relying {
        let secret = self.settings.secret.clone().map(ClientSecret::new);
        let id = ClientId::new(self.settings.client.clone());
        let client = Relying::from_provider_metadata(published, id, secret);
        client.set_redirect_uri(self.callback.clone())
    }

    /// Begins a sign-in, or another proof, for a browser at this address.
    pub(super) fn begin(
        &self,
        why: Purpose,
        next: String,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<Begin, AccessError> {
        let client = self.client(self.published(now, STALE)?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge);
        if matches!(why, Purpose::StepUp(_)) {
            let seconds = self.fresh.micros().unsigned_abs() / 1_000_000;
            request = request
                .set_max_age(std::time::Duration::from_secs(seconds))
                .add_prompt(CoreAuthPrompt::Login);
        }
        let (url, state, nonce) = request.url();
        let secret = secret::random()?;
        let attempt = Attempt {
            state: state.into_secret(),
            nonce,
            verifier: verifier.into_secret(),
            next,
            why,
        };
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.put(secret::hash(&secret), attempt, Key::of(from), now);
        Ok(Begin { url, secret })
    }

    /// Ends what the browser with this secret began: it can be ended once.
    fn end(
        &self,
        fields: &Fields,
        secret: &str,
        now: Timestamp,
    ) -> Result<(Vouched, Attempt), AccessError> {
        let taken = {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            pending.take(&secret::hash(secret), now)
        };
        let attempt = taken.ok_or_else(|| failed("this browser began no sign-in"))?;
        if !secret::same(fields.get("state").as_bytes(), attempt.state.as_bytes()) {
            return Err(failed("the answer belongs to another sign-in"));
        }
        let published = self.published(now, STALE)?;
        let named = fields.get("iss");
        let names = published.additional_metadata();
        let must = names.authorization_response_iss_parameter_supported;
        if (must || !named.is_empty()) && named != published.issuer().as_str() {
            return Err(failed("the answer comes from another issuer"));
        }
        if fields.get("code").is_empty() {
            return Err(failed("the provider refused"));
        }
        let client = self.client(published);
        let code = AuthorizationCode::new(fields.get("code").to_owned());
        let asked = client.exchange_code(code).map_err(|_| failed("it takes no codes"))?;
        let asked = asked.set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()));
        let web = |request| self.web.ask(request);
        let answer = asked.request(&web).map_err(|error| {
            tracing::warn!(code = "access-oidc", "A code was not taken: {error}");
            failed("the provider did not take the code")
        })?;
        let claims = self.verified(&client, &answer, &attempt.nonce, now)?;
        Ok((self.vouched(&claims)?, attempt))
    }

    /// The claims of the ID token; with keys asked for anew if none fits.
    fn verified(
        &self,
        client: &Relying,
        answer: &Answer,
        nonce: &Nonce,
        now: Timestamp,
    ) -> Result<IdTokenClaims<Claims, CoreGenderClaim>, AccessError> {
        let first = self.claims(client, answer, nonce, now);
        let Err(Unverified { of_keys: true, .. }) = &first else {
            return first.map_err(|unverified| failed(unverified.what));
        };
        let client = self.client(self.published(now, SOONEST)?);
        let again = self.claims(&client, answer, nonce, now);
        again.map_err(|unverified| failed(unverified.what))
    }

    fn claims(
        &self,
        client: &Relying,
        answer: &Answer,
        nonce: &Nonce,
        now: Timestamp,
    ) -> Result<IdTokenClaims<Claims, CoreGenderClaim>, Unverified> {
        let token = answer.id_token().ok_or(Unverified::new("there is no ID token"))?;
        let moment = client::moment(now).ok_or(Unverified::new("the clock"))?;
        let verifier =
            client.id_token_verifier().set_allowed_algs(SIGNATURES).set_time_fn(move || moment);
        let claims = token.claims(&verifier, nonce).map_err(|error| Unverified::of(&error))?;
        // The library leaves this one to us. Any other audience it refuses by itself.
        let party = claims.authorized_party();
        match party.is_none_or(|party| party.as_str() == self.settings.client) {
            true => Ok(claims.clone()),
            false => Err(Unverified::new("the token was made for another client")),
        }
    }

    fn vouched(
        &self,
        claims: &IdTokenClaims<Claims, CoreGenderClaim>,
    ) -> Result<Vouched, AccessError> {
        if claims.email_verified() != Some(true) {
            return Err(failed("the mail address is not verified"));
        }
        let subject = Personal::new(claims.subject().as_str().to_owned());
        let email = claims.email().map(|email| email.as_str().to_owned());
        let name = email.ok_or_else(|| failed("there is no mail address"))?;
        let groups = claims.additional_claims().groups(&self.settings.groups);
        let given: Vec<_> =
            groups.iter().filter_map(|group| self.settings.roles.get(group)).collect();
        let role = Role::ALL.into_iter().find(|role| given.contains(&role));
        let authed = claims.auth_time().map(|at| Timestamp::from_secs(at.timestamp()));
        Ok(Vouched { subject, name: Personal::new(name), role, authed })
    }
}

/// Why an ID token is not believed.
#[derive(Debug)]
struct Unverified {
    what: &'static str,
    /// Whether other keys might help.
    of_keys: bool,
}

impl Unverified {
    const fn new(what: &'static str) -> Self {
        Self { what, of_keys: false }
    }

    /// Without the token's own words, which are personal.
    fn of(error: &openidconnect::ClaimsVerificationError) -> Self {
        use openidconnect::ClaimsVerificationError as Error;
        let what = match error {
            Error::Expired(_) => "the token has expired",
            Error::InvalidAudience(_) => "the token was made for another client",
            Error::InvalidIssuer(_) => "the token was made by another issuer",
            Error::InvalidNonce(_) => "the token belongs to another sign-in",
            Error::SignatureVerification(_) => "the token's signature does not fit",
            _ => "the token is not as it should be",
        };
        Self { what, of_keys: matches!(error, Error::SignatureVerification(_)) }
    }
}

#[cfg(test)]
mod tests;
