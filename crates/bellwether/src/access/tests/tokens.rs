//! Tokens: which hold, and how much a check costs.

use super::world::{World, at};
use crate::access::{Scope, token};
use bellwether_core::{Duration, Trust};
use bellwether_store::Change;

#[tokio::test]
async fn only_the_whole_token_holds_and_only_as_long_as_it_should() {
    let world = World::new();
    let whole = world.token(&[Scope::SignalsWrite, Scope::Read]);
    let service = world.desk.service(&whole, at(1)).unwrap();
    assert_eq!(service.scopes, [Scope::SignalsWrite, Scope::Read].into());
    assert_eq!((service.sources, service.trust), (vec!["crm".to_owned()], Trust::Partner));
    let other = world.token(&[Scope::Read]);
    let secret = |token: &str| token.rsplit_once('_').unwrap().1.to_owned();
    for wrong in [
        String::new(),
        "bw_".to_owned(),
        whole.replace("bw_", ""),
        whole.to_uppercase(),
        format!("{whole}x"),
        whole.strip_suffix(|_: char| true).unwrap().to_owned(),
        format!("bw_{}_{}", service.id, secret(&other)),
        format!("bw_{}_", service.id),
        format!("bw__{}", secret(&whole)),
    ] {
        let refused = world.desk.service(&wrong, at(1)).unwrap_err();
        assert_eq!(refused.code(), "access-token", "{wrong}");
    }
    assert!(world.desk.service(&whole, at(86_399)).is_ok());
    assert!(world.desk.service(&whole, at(86_400)).is_err(), "it has ended");
    world.change(&[Change::RevokeToken(&service.id, at(5))]);
    assert!(world.desk.service(&whole, at(6)).is_err(), "revoked beside the server, at once");
    assert!(world.desk.service(&other, at(6)).is_ok());
}

#[tokio::test]
async fn a_source_is_one_word() {
    let world = World::new();
    for source in ["", "a b", "a\nb"] {
        let new = token::NewToken {
            label: "test",
            scopes: &[Scope::SignalsWrite],
            sources: &[source.to_owned()],
            trust: Trust::Partner,
            lasts: Duration::from_days(1),
        };
        let refused = token::make(&mut world.accounts(), &new, "command", at(0));
        assert_eq!(refused.err().unwrap().code(), "access-settings", "{source:?}");
    }
}

/// Says what the check of a token and the decision behind it cost. Run it by hand, with `--release`.
#[tokio::test]
#[ignore = "it measures"]
async fn how_long_a_check_takes() {
    use crate::access::{Action, Principal, Resource};
    let world = World::new();
    let whole = world.token(&[Scope::SignalsWrite]);
    let (rounds, start) = (5_000, std::time::Instant::now());
    for _ in 0..rounds {
        world.desk.service(&whole, at(1)).unwrap();
    }
    let (known, start) = (start.elapsed(), std::time::Instant::now());
    let who = Principal::Service(world.desk.service(&whole, at(1)).unwrap());
    for _ in 0..rounds {
        let what = Resource::Source { name: "crm", trust: Trust::Partner };
        world.desk.may(&who, Action::WriteSignals, &what, at(1)).unwrap();
    }
    let decided = start.elapsed();
    println!("token {:?}, decision {:?} each", known / rounds, decided / rounds);
}
