//! What is configured, in the words of the parts that run.

use crate::access::settings::OidcSettings;
use crate::access::{self, Role};
use crate::config::{Config, Oidc};
use bellwether_core::{Code, Problem};

/// How people and programs sign in.
///
/// # Errors
/// What does not fit together.
pub(super) fn access(config: &Config) -> Result<access::Settings, Vec<Problem>> {
    let wrong = |what: String| {
        let help = "mend it in `bellwether.toml`; `bellwether config check` tells more";
        vec![Problem::new("access-settings", what).help(help)]
    };
    let url = config.server.public_url.as_ref().map(|url| format!("{url}/").parse());
    let base_url = url.transpose().map_err(|_| wrong("`public_url` is no address".to_owned()))?;
    let usual = access::Settings::default();
    let longest = config.access.sessions;
    let settings = access::Settings {
        base_url,
        tls: config.server.tls.is_some(),
        idle: usual.idle.min(longest),
        longest,
        owner: config.watch.owner.as_deref().map(Code::of),
        oidc: config.access.oidc.as_ref().map(oidc).transpose().map_err(|what| vec![what])?,
        ..usual
    };
    match settings.faults().into_iter().next() {
        Some(fault) => Err(wrong(fault)),
        None => Ok(settings),
    }
}

fn oidc(given: &Oidc) -> Result<OidcSettings, Problem> {
    let secret = given.client_secret.as_ref().map(|at| at.read()).transpose()?;
    let role = |(group, role): (&String, &String)| {
        let known = Role::from_word(role).ok_or_else(|| {
            let known = Role::ALL.map(Role::as_str).join(", ");
            Problem::new("access-settings", format!("there is no role `{role}`"))
                .help(format!("known are: {known}"))
        })?;
        Ok((group.clone(), known))
    };
    Ok(OidcSettings {
        issuer: given.issuer.clone(),
        client: given.client_id.clone(),
        secret: secret.and_then(|secret| secret.text().map(str::to_owned)),
        private: given.private,
        groups: given.claim.clone(),
        roles: given.groups.iter().map(role).collect::<Result<_, Problem>>()?,
    })
}
