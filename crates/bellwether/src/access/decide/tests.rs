//! Who may do what: every cell, written out.

use super::*;
use crate::access::principal::{Account, Role, Scope, Service};
use bellwether_core::Timestamp;

fn account(role: Role, person: Option<&str>) -> Principal {
    Principal::Account(Account {
        id: "u1".to_owned(),
        role,
        person: person.map(str::to_owned),
        authed: Timestamp::from_secs(0),
        session: 1,
        hash: [0; 32],
        form: String::new(),
    })
}

fn service(scopes: &[Scope]) -> Principal {
    Principal::Service(Service {
        id: "t1".to_owned(),
        scopes: scopes.iter().copied().collect(),
        sources: vec!["crm".to_owned()],
        trust: Trust::Partner,
    })
}

/// What each action is done to, in the tables below: never by the one who proposed it.
fn usual(action: Action, asked: &[String]) -> Resource<'_> {
    match action {
        Action::ReadQuestion | Action::AnswerAsk => Resource::Question { asked },
        Action::ActivateRules | Action::ApproveMoney => Resource::Proposal { by: "u2" },
        Action::WriteSignals => Resource::Source { name: "crm", trust: Trust::Partner },
        _ => Resource::House,
    }
}

/// `yes`; `-` never; `fresh` only soon after a proof.
fn cell(policies: &Policies, who: &Principal, action: Action) -> &'static str {
    let asked = ["cro-1".to_owned()];
    let may = |fresh| policies.may(who, fresh, action, &usual(action, &asked));
    match (may(false), may(true)) {
        (Ok(()), Ok(())) => "yes",
        (Err(Why::StepUp), Ok(())) => "fresh",
        (Err(Why::NotAllowed), Err(Why::NotAllowed)) => "-",
        other => panic!("{action:?}: {other:?}"),
    }
}

#[track_caller]
fn check(table: &str, column: impl Fn(&str) -> Principal) {
    let policies = Policies::load().unwrap();
    let mut lines = table.trim().lines();
    let heads: Vec<_> = lines.next().unwrap().split_whitespace().collect();
    let mut rows = 0;
    for line in lines {
        let mut cells = line.split_whitespace();
        let word = cells.next().unwrap();
        let action = Action::ALL.into_iter().find(|action| action.as_str() == word).unwrap();
        let cells: Vec<_> = cells.collect();
        assert_eq!(cells.len(), heads.len(), "{word}");
        for (head, expected) in heads.iter().zip(cells) {
            assert_eq!(cell(&policies, &column(head), action), expected, "{head}, {word}");
        }
        rows += 1;
    }
    assert_eq!(rows, Action::ALL.len(), "an action has no row");
}

#[test]
fn every_role_and_action() {
    let table = "
                 admin  operator  approver  auditor  viewer  person  emergency
read.decisions   yes    yes       yes       yes      yes     -       yes
read.names       yes    yes       yes       -        -       -       yes
read.log         yes    yes       -         yes      -       -       yes
read.metrics     yes    yes       -         yes      -       -       yes
read.trail       yes    -         -         yes      -       -       yes
read.settings    yes    -         -         yes      -       -       yes
read.question    yes    yes       yes       -        -       yes     yes
try.policy       yes    yes       yes       yes      -       -       -
answer.ask       -      -         -         -        -       yes     -
settle.delivery  yes    yes       -         -        -       -       yes
stop.switch      fresh  fresh     -         -        -       -       fresh
activate.rules   fresh  -         fresh     -        -       -       -
approve.money    -      -         fresh     -        -       -       -
erase.person     fresh  -         -         -        -       -       -
manage.accounts  fresh  -         -         -        -       -       fresh
manage.tokens    fresh  -         -         -        -       -       fresh
review.emergency yes    -         -         -        -       -       -
write.signals    -      -         -         -        -       -       -
";
    check(table, |head| {
        let role = Role::from_word(head).unwrap();
        account(role, (role == Role::Person).then_some("cro-1"))
    });
}

#[test]
fn every_scope_and_action() {
    let table = "
                 signals:write  read  names  read+names  decide  metrics  admin
read.decisions   -              yes   -      yes         -       -        -
read.names       -              -     -      yes         -       -        -
read.log         -              yes   -      yes         -       -        -
read.metrics     -              -     -      -           -       yes      -
read.trail       -              -     -      -           -       -        yes
read.settings    -              -     -      -           -       -        yes
read.question    -              -     -      -           -       -        -
try.policy       -              -     -      -           yes     -        -
answer.ask       -              -     -      -           -       -        -
settle.delivery  -              -     -      -           -       -        yes
stop.switch      -              -     -      -           -       -        -
activate.rules   -              -     -      -           -       -        -
approve.money    -              -     -      -           -       -        -
erase.person     -              -     -      -           -       -        -
manage.accounts  -              -     -      -           -       -        -
manage.tokens    -              -     -      -           -       -        -
review.emergency -              -     -      -           -       -        -
write.signals    yes            -     -      -           -       -        -
";
    check(table, |head| {
        let scopes = head.split('+').map(|word| Scope::from_word(word).unwrap());
        service(&scopes.collect::<Vec<_>>())
    });
}

#[test]
fn nobody_may_do_anything() {
    let policies = Policies::load().unwrap();
    for action in Action::ALL {
        let may = policies.may(&Principal::Nobody, true, action, &usual(action, &[]));
        assert_eq!(may, Err(Why::Nobody), "{action:?}");
    }
}

#[test]
fn an_approver_is_never_the_one_who_asked() {
    let policies = Policies::load().unwrap();
    for role in [Role::Admin, Role::Approver] {
        for fresh in [true, false] {
            let own = Resource::Proposal { by: "u1" };
            let may = policies.may(&account(role, None), fresh, Action::ActivateRules, &own);
            assert_eq!(may, Err(Why::FourEyes), "{role:?}");
        }
    }
    let own = Resource::Proposal { by: "u1" };
    let may = policies.may(&account(Role::Approver, None), true, Action::ApproveMoney, &own);
    assert_eq!(may, Err(Why::FourEyes));
}

#[test]
fn only_whoever_is_asked_answers() {
    let policies = Policies::load().unwrap();
    let asked = ["cro-1".to_owned(), "desk-2".to_owned()];
    for (role, person, expected) in [
        (Role::Person, Some("cro-1"), Ok(())),
        (Role::Person, Some("desk-2"), Ok(())),
        (Role::Person, Some("cro-2"), Err(Why::NotAllowed)),
        (Role::Person, None, Err(Why::NotAllowed)),
        (Role::Admin, None, Err(Why::NotAllowed)),
        (Role::Viewer, Some("cro-1"), Ok(())),
    ] {
        let what = Resource::Question { asked: &asked };
        let may = policies.may(&account(role, person), false, Action::AnswerAsk, &what);
        assert_eq!(may, expected, "{role:?} {person:?}");
    }
}

#[test]
fn a_token_writes_as_its_own_sources_and_not_above_its_trust() {
    let policies = Policies::load().unwrap();
    let (mut any, one) = (service(&[Scope::SignalsWrite]), service(&[Scope::SignalsWrite]));
    if let Principal::Service(service) = &mut any {
        service.sources.clear();
    }
    for (who, name, trust, expected) in [
        (&one, "crm", Trust::Partner, true),
        (&one, "crm", Trust::CustomerText, true),
        (&one, "crm", Trust::Operator, false),
        (&one, "crm", Trust::System, false),
        (&one, "tickets", Trust::Partner, false),
        (&one, "crm\" || true", Trust::Partner, false),
        (&any, "tickets", Trust::Partner, true),
        (&any, "tickets", Trust::System, false),
        (&service(&[Scope::Admin, Scope::Read]), "crm", Trust::Partner, false),
    ] {
        let what = Resource::Source { name, trust };
        let may = policies.may(who, true, Action::WriteSignals, &what);
        assert_eq!(may.is_ok(), expected, "{name} {trust}");
    }
}

#[test]
fn what_is_remembered_is_the_answer_to_this_very_question() {
    let policies = Policies::load().unwrap();
    let table = |forget: bool| {
        let mut said = Vec::new();
        for role in Role::ALL {
            for person in [None, Some("cro-1")] {
                for (action, fresh) in Action::ALL.into_iter().flat_map(|a| [(a, true), (a, false)])
                {
                    if forget {
                        policies.known.lock().unwrap().clear();
                    }
                    let what = usual(action, &[]);
                    said.push(policies.may(&account(role, person), fresh, action, &what));
                }
            }
        }
        said
    };
    let anew = table(true);
    assert_eq!(table(false), anew, "filled");
    assert_eq!(table(false), anew, "remembered");
    for number in 0..MOST_KNOWN + 5 {
        let name = number.to_string();
        let what = Resource::Source { name: &name, trust: Trust::Partner };
        let known = Known::of(&service(&[]), true, Action::WriteSignals, &what).unwrap();
        policies.known.lock().unwrap().insert(known, Ok(()));
    }
    let other = Resource::Source { name: "new", trust: Trust::Partner };
    assert!(policies.may(&service(&[]), true, Action::WriteSignals, &other).is_err());
    assert_eq!(policies.known.lock().unwrap().len(), 1, "memory is bounded");
}

#[test]
fn an_error_of_a_policy_denies_and_policies_that_do_not_fit_are_refused() {
    for (policy, part) in [
        (
            "permit (principal is Account, action, resource) when { principal.rolle == \"a\" };",
            "rolle",
        ),
        ("permit (principal, action == Action::\"fly\", resource);", "fly"),
        ("permit (principal", "unexpected"),
    ] {
        let refused = Policies::read(policy, SCHEMA).err().unwrap();
        assert!(refused.contains(part), "{refused}");
    }
    // Overflow is an error that no schema foresees.
    let failing = "permit (principal is Account, action, resource);
        forbid (principal is Service, action == Action::\"write.signals\", resource is Source)
        when { resource.trust + 9223372036854775807 > 0 };
        permit (principal is Service, action, resource);";
    let policies = Policies::read(failing, SCHEMA).unwrap();
    let write = |trust| {
        let what = Resource::Source { name: "crm", trust };
        policies.may(&service(&[]), true, Action::WriteSignals, &what)
    };
    assert_eq!(write(Trust::CustomerText), Err(Why::NotAllowed), "forbidden");
    assert_eq!(write(Trust::Partner), Err(Why::NotAllowed), "the forbidding policy fails");
}
