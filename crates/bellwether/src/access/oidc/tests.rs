//! Signing in at a provider over loopback: one that nobody here wrote, and one that lies.

mod forged;
mod real;

use super::*;
use crate::access::settings::Settings;
use crate::access::tests::web::browser::{Browser, Served};
use crate::access::tests::world::World;
use bellwether_store::Change;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::net::TcpListener;

/// A world whose provider this is, and its server.
async fn world(listener: TcpListener, issuer: &str, seconds: i64) -> (World, Served) {
    let base = format!("http://{}/", listener.local_addr().unwrap());
    let roles = [("staff", Role::Viewer), ("admins", Role::Admin)];
    let oidc = OidcSettings {
        issuer: issuer.to_owned(),
        client: "bellwether".to_owned(),
        secret: Some("a secret of tests".to_owned()),
        private: true,
        groups: "groups".to_owned(),
        roles: roles.map(|(group, role)| (group.to_owned(), role)).into_iter().collect(),
    };
    let base_url = Some(base.parse().unwrap());
    let world = World::with(Settings { base_url, oidc: Some(oidc), ..Settings::default() });
    world.set(seconds);
    let served = Served::on(listener, crate::access::tests::web::all(&world));
    (world, served)
}

/// Begins a sign-in: where the provider is asked, with its query.
async fn begin(browser: &mut Browser, fields: &[(&str, &str)]) -> Url {
    let begun = browser.post("/oidc/begin", fields).await;
    let to = begun.header("refresh").unwrap_or_else(|| panic!("{}: {}", begun.status, begun.body));
    to.strip_prefix("0; url=").unwrap().parse().unwrap()
}

fn asked(url: &Url) -> BTreeMap<String, String> {
    url.query_pairs().into_owned().collect()
}
