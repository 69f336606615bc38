//! Reading and answering over a running driver, as requests do it.

use super::answering::Answering;
use super::escalations::Wanted;
use super::house::{Sending, Which};
use super::*;
use crate::cli::Format;
use crate::cli::context::now;
use bellwether_core::signal::{AccountHint, Hidden, RawSignal, RawValue};
use bellwether_core::{Currency, Money, Origin, Personal, Trust};
use bellwether_policy::Files;
use bellwether_runtime::embedded::{Embedded, Tenancy};
use bellwether_runtime::live::{self, Running, Settings, Understood};
use bellwether_store::{OutboxChange, OutboxStatus};
use tempfile::TempDir;

const FILES: [(&str, &str); 4] = [
    ("bundle.yaml", "bundle: small\nversion: 1.0.0\nowner: ann\ncurrency: EUR\nmode: enforce\n"),
    (
        "facts.yaml",
        "facts:\n  deal.amount: {type: money, from: crm.deal.updated.amount, scope: deal}\n",
    ),
    (
        "people.yaml",
        "roles: {cro: [maria, tom], desk: [lee]}\npeople: {maria: {}, tom: {}, lee: {}}\nalways: desk\n",
    ),
    (
        "routing/deal.yaml",
        "graph: deals\nsubject: deal\nowner: ann\nstart: how\nnodes:\n\
         \x20 how: {kind: decide, unknown: desk}\n\
         \x20 cro: {kind: human, role: cro, level: 2, outcome: cxo, ack: 8h, act: 3d}\n\
         \x20 desk: {kind: human, role: desk, level: 1, ack: 1h}\n\
         \x20 nothing: {kind: end}\n\
         rules:\n\
         \x20 - {id: R1, from: how, to: cro, when: \"deal.amount >= 500000\", reason: it is large}\n\
         \x20 - {id: R2, from: how, to: nothing, otherwise: true}\n",
    ),
];

/// A directory in which a number of large deals wait for Maria.
pub(in crate::serve) struct House {
    pub(in crate::serve) reading: Arc<Reading>,
    pub(in crate::serve) running: Running,
    _dir: TempDir,
}

pub(in crate::serve) fn deal(nth: usize, euros: i64) -> RawSignal {
    let euro: Currency = "EUR".parse().unwrap();
    let account = AccountHint::External("crm".to_owned(), Personal::new(format!("A{nth}")));
    RawSignal {
        source: "crm".to_owned(),
        id: format!("s{nth}-{euros}"),
        kind: "crm.deal.updated".to_owned(),
        at: now(),
        known_at: None,
        trust: Trust::Operator,
        account: vec![account, AccountHint::Name(Personal::new(format!("Quillon {nth} Works")))],
        contact: None,
        owner: None,
        case: None,
        deal: Some(format!("D{nth}")),
        numbers: None,
        fields: vec![("amount".to_owned(), RawValue::Money(Money::from_minor(euros * 100, euro)))],
        personal: Vec::new(),
        hidden: Hidden::default(),
    }
}

fn house(deals: usize) -> House {
    house_of(FILES.map(|(path, text)| (path.to_owned(), text.to_owned())).into(), deals)
}

/// The same under a bundle in which somebody of the desk must approve before an executive is asked, and is
/// asked instead where they refuse.
pub(in crate::serve) fn house_with_approval(deals: usize) -> House {
    house_of(with_approval(&[]), deals)
}

/// The files of such a bundle, with others beside them or instead.
pub(in crate::serve) fn with_approval(more: &[(&str, &str)]) -> Files {
    let mut files: Files = FILES.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    let routing = files.get_mut("routing/deal.yaml").unwrap();
    *routing = routing.replace("role: cro,", "role: cro, approvals: [desk], refused: desk,");
    files.extend(more.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
    files
}

pub(in crate::serve) fn house_of(files: Files, deals: usize) -> House {
    let dir = tempfile::tempdir().unwrap();
    let context = Context { data: dir.path().to_owned(), config: None, format: Format::Json };
    std::fs::write(context.seed_file(), "7").unwrap();
    let rules = Arc::new(Rules::compose(files).unwrap());
    let tenancy = Tenancy { tenant: "t".to_owned(), region: "r".to_owned() };
    let made = Embedded::create(&context.data, context.keys().unwrap(), &tenancy, rules, now());
    let mut driver = crate::cli::context::Working(made.unwrap());
    for nth in 0..deals {
        driver.take(&deal(nth, 600_000), Origin::Live, now()).unwrap();
    }
    driver.commit().unwrap();
    let settings = Settings {
        clock: Arc::new(now),
        most_waiting: 1_000,
        reader: Box::new(|_| Ok(Understood::default())),
    };
    let running = live::start(driver, settings).unwrap();
    let reading = Reading::new(&context, running.live().clone(), BTreeMap::new());
    House { reading, running, _dir: dir }
}

fn viewer(person: Option<&str>, purpose: Option<&str>) -> Viewer {
    Viewer {
        name: "kim".to_owned(),
        roles: Vec::new(),
        person: person.map(str::to_owned),
        stands_in: false,
        purpose: purpose.map(str::to_owned),
        only_asked: false,
        form: String::new(),
        may: Vec::new(),
        called: None,
        stopped: false,
    }
}

impl House {
    pub(in crate::serve) fn read<T>(
        &self,
        work: impl FnOnce(&Desk<'_>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        self.reading.now(work)
    }

    fn waiting(
        &self,
        limit: usize,
        after: Option<&str>,
    ) -> decisions::Page<escalations::Escalation> {
        let wanted = Wanted { asked_only: true, ..Wanted::default() };
        let none = Names::closed();
        self.read(|desk| escalations::page(desk, &wanted, &none, limit, after)).unwrap()
    }

    pub(in crate::serve) fn first(&self) -> (board::Key, String) {
        let page = self.waiting(1, None);
        let [one] = &page.items[..] else { panic!("nothing waits") };
        let key = (one.stream.parse().unwrap(), one.doc.parse().unwrap(), one.graph.clone());
        (key, one.ask.clone().unwrap())
    }

    pub(in crate::serve) fn answer(
        &self,
        by: &str,
        key: &board::Key,
        said: serde_json::Value,
    ) -> Result<String, Refused> {
        let said: Answering = serde_json::from_value(said).unwrap();
        let by = viewer(Some(by), None);
        let done = self.read(|desk| answering::answer(desk, &by, key, &said))?;
        Ok(format!("{} {}", done.state, done.person.unwrap_or_default()))
    }
}

#[test]
fn an_answer_counts_once_and_only_from_whoever_is_asked() {
    let house = house(1);
    let (key, ask) = house.first();
    let said = |answer: &str| serde_json::json!({"answer": answer, "ask": ask});
    let code = |answered: Result<String, Refused>| {
        let refused = answered.unwrap_err();
        (refused.status.as_u16(), refused.problem.code)
    };
    assert_eq!(code(house.answer("tom", &key, said("accept"))), (403, "answer-not-yours"));
    let other = serde_json::json!({"answer": "accept", "ask": "A".repeat(43)});
    assert_eq!(code(house.answer("maria", &key, other)), (409, "answer-stale"));
    let nobody = serde_json::json!({"answer": "delegate", "ask": ask, "to": "nobody"});
    assert_eq!(code(house.answer("maria", &key, nobody)), (409, "answer-refused"));
    let past = serde_json::json!({"answer": "snooze", "ask": ask, "until": "2020-01-01T00:00:00Z"});
    assert_eq!(code(house.answer("maria", &key, past)), (409, "answer-refused"));
    let busy = serde_json::json!({"answer": "decline", "ask": ask, "reason": "busy"});
    assert_eq!(house.answer("maria", &key, busy.clone()).unwrap(), "asked tom");
    // Whoever answers the old question is too late.
    assert_eq!(code(house.answer("maria", &key, busy)), (409, "answer-stale"));
    let (_, ask) = house.first();
    let said = |answer: &str| serde_json::json!({"answer": answer, "ask": ask});
    assert_eq!(house.answer("tom", &key, said("accept")).unwrap(), "accepted tom");
    assert_eq!(house.answer("tom", &key, said("resolve")).unwrap(), "closed ");
    assert_eq!(house.waiting(9, None).items.len(), 0);
    house.running.stop();
}

#[test]
fn pages_give_everything_once_while_others_write() {
    let house = house(23);
    let (mut seen, mut after) = (std::collections::BTreeSet::new(), None);
    loop {
        let page = house.waiting(5, after.as_deref());
        for one in &page.items {
            assert!(
                seen.insert((one.stream.clone(), one.doc.clone())),
                "{} came twice",
                one.stream
            );
        }
        // More comes in between the pages.
        let nth = 100 + seen.len();
        house
            .running
            .live()
            .call(move |driver, at| driver.take(&deal(nth, 700_000), Origin::Live, at).map(drop))
            .unwrap();
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert!(seen.len() >= 23, "only {} of 23", seen.len());
    let all = house.read(|desk| {
        let (wanted, none) = (decisions::Wanted::default(), Names::closed());
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = decisions::page(desk, &wanted, &none, 3, after.as_deref())?;
            found.extend(page.items.into_iter().map(|one| one.pos));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
        }
    });
    let all = all.unwrap();
    assert!(all.is_sorted_by(|one, next| one > next), "newest first, each once: {all:?}");
    assert!(all.len() >= 23);
    house.running.stop();
}

#[test]
fn names_are_shown_for_a_purpose_that_is_written_down_first() {
    let house = house(2);
    let found = |text: &str, purpose: Option<&str>| {
        let by = viewer(None, purpose);
        let found = house.read(|desk| {
            let names = desk.names(&by, "test")?;
            accounts::search(desk, text, &names, 10)
        });
        found.unwrap().into_iter().map(|one| one.name.unwrap_or_default()).collect::<Vec<_>>()
    };
    let accesses = || house.read(|desk| Ok(desk.view.accesses()?)).unwrap();
    for text in ["Quillon 1 Works", "crm=A1", "A1", "crm=D1"] {
        assert_eq!(found(text, None), [""], "{text}");
    }
    assert_eq!(found("Quillon 9 Works", None), Vec::<String>::new());
    assert!(accesses().is_empty());
    assert_eq!(found("crm=A1", Some("audit-1")), ["Quillon 1 Works"]);
    let kept = accesses();
    let kept: Vec<_> = kept.iter().map(|one| (&*one.what, &*one.purpose)).collect();
    assert_eq!(kept, [("names: test", "audit-1 (kim)")]);
    house.running.stop();
}

#[test]
fn what_is_shown_of_a_record_is_what_it_derives_to() {
    let house = house(1);
    let (key, _) = house.first();
    let told =
        house.read(|desk| decisions::explain(desk, key.0, 1, None, &Names::closed())).unwrap();
    let one = &told.decisions[0];
    assert_eq!((one.rule.as_deref(), &*one.asked), (Some("R1"), "maria"));
    assert_eq!(one.candidates, ["maria", "tom", "lee"]);
    assert_eq!(one.clauses[0].margin.as_deref(), Some("100000.00"));
    let same = house.read(|desk| house::derive(desk, key.0)).unwrap();
    assert_eq!((same.equal, same.differ), (1, 0));
    let missing = house.read(|desk| decisions::explain(desk, key.0, 2, None, &Names::closed()));
    assert_eq!(missing.err().map(|refused| refused.problem.code), Some("http-not-found"));
    house.running.stop();
}

#[test]
fn dead_letters_are_settled_or_tried_again_once() {
    let house = house(3);
    let effects = |which| house.read(|desk| house::effects(desk, which, 9, None)).unwrap().items;
    let waiting = effects(Which::In(OutboxStatus::Waiting));
    let ids: Vec<_> = waiting.iter().map(|one| (one.pos, one.nth)).collect();
    let [first, second, alive] = ids[..] else { panic!("{ids:?}") };
    assert!(effects(Which::Dead).is_empty());
    house
        .running
        .live()
        .call(move |driver, at| {
            for (id, status) in [(first, OutboxStatus::GivenUp), (second, OutboxStatus::Ambiguous)]
            {
                let (via, why) = ("chat".to_owned(), "no_answer".to_owned());
                let change = OutboxChange { via, why, ..OutboxChange::new(id, status, 1, at) };
                driver.batch().outbox.push(change);
            }
            Ok(())
        })
        .unwrap();
    let dead = effects(Which::Dead);
    let dead: Vec<_> = dead.iter().map(|one| (&*one.status, &*one.via, &*one.why)).collect();
    assert_eq!(dead, [("given_up", "chat", "no_answer"), ("ambiguous", "chat", "no_answer")]);
    let retry = |id| house.read(|desk| sending::retry(desk, None, id)).map(|one| one.status);
    let settle = |id| house.read(|desk| sending::settle(desk, id, true)).map(|one| one.status);
    let code = |said: Result<String, Refused>| said.unwrap_err().problem.code;
    assert_eq!(retry(first).unwrap(), "waiting");
    assert_eq!(settle(second).unwrap(), "done");
    for id in [first, second, alive, (1 << 54, 255)] {
        assert_eq!(code(retry(id)), "http-not-found", "{id:?}");
        assert_eq!(code(settle(id)), "http-not-found", "{id:?}");
    }
    assert!(effects(Which::Dead).is_empty());
    house.running.stop();
}

#[test]
fn whoever_stops_sending_is_named() {
    let house = house(0);
    let said = |sending: Sending| (sending.stopped, sending.reason, sending.since.is_some());
    let now = || said(house.read(|desk| Ok(house::sending(desk.view)?)).unwrap());
    assert_eq!(now(), (false, None, false));
    for (person, stopped, reason) in [(None, true, "by kim"), (Some("maria"), false, "by maria")] {
        let by = viewer(person, None);
        let done = house.read(|desk| sending::stop(desk, &by, stopped)).unwrap();
        assert_eq!(said(done), (stopped, Some(reason.to_owned()), true));
        assert_eq!(now(), (stopped, Some(reason.to_owned()), true));
    }
    house.running.stop();
}
