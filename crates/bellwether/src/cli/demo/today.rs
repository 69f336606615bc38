//! Today at the customers' desk: a few things happen now, so that somebody is really asked, and the
//! console shows it.

use super::super::context::{Context, Working, now};
use super::DemoArgs;
use crate::bundle;
use crate::cli::Format;
use crate::exit::{Failure, Problems};
use crate::serve::{self, Serving};
use anyhow::{Context as _, Result};
use bellwether_core::event::Answer;
use bellwether_core::signal::{AccountHint, Hidden, RawSignal, RawValue};
use bellwether_core::{Body, Duration, Effect, Origin, Personal, Ppm, StreamId, Timestamp, Trust};
use bellwether_engine::Rules;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

/// The bundle of the desk.
pub(super) const BUNDLE: &str = "customer-escalation";

/// Says which day was played last.
const PLAYED: &str = "demo-today";

/// One thing that happens: to which story's account, how many minutes ago, and what of it.
struct Scene {
    story: usize,
    ago: i64,
    source: &'static str,
    kind: &'static str,
    case: &'static str,
    fields: &'static [(&'static str, Field)],
    /// What whoever is asked because of it answers.
    then: Option<Answer>,
}

#[derive(Clone, Copy)]
enum Field {
    Yes,
    Word(&'static str),
    /// Parts per million.
    Ratio(i64),
    Number(i64),
}

use Field::{Number, Ratio, Word, Yes};

const ANGRY: Field = Ratio(-700_000);

const SCENES: &[Scene] = &[
    scene(
        1,
        3_000,
        "chat",
        "chat.message",
        "",
        &[("conversation", Word("t-1")), ("role", Word("customer")), ("sentiment", ANGRY)],
    ),
    scene(
        1,
        1_500,
        "chat",
        "chat.message",
        "",
        &[("conversation", Word("t-2")), ("role", Word("customer")), ("sentiment", ANGRY)],
    ),
    scene(
        8,
        600,
        "mail",
        "email.received",
        "",
        &[("conversation", Word("m-1")), ("wants_human", Yes)],
    ),
    scene(
        3,
        170,
        "zendesk",
        "ticket.opened",
        "T-3",
        &[("category", Word("incorrect_billing")), ("status", Word("open"))],
    )
    .then(Answer::Accept),
    scene(4, 160, "billing", "invoice.updated", "", &[("status", Word("disputed"))]),
    scene(
        4,
        150,
        "chat",
        "chat.message",
        "",
        &[("conversation", Word("t-4")), ("role", Word("customer")), ("sentiment", ANGRY)],
    ),
    scene(
        7,
        140,
        "zendesk",
        "ticket.opened",
        "T-7",
        &[("category", Word("missing_part")), ("status", Word("open"))],
    ),
    scene(
        5,
        95,
        "telemetry",
        "usage.changed",
        "",
        &[("metric", Word("api_errors")), ("change", Ratio(1_500_000))],
    )
    .then(Answer::Resolve),
    scene(
        1,
        60,
        "chat",
        "chat.message",
        "",
        &[("conversation", Word("t-3")), ("role", Word("customer")), ("sentiment", ANGRY)],
    ),
    scene(
        0,
        40,
        "chat",
        "chat.message",
        "",
        &[("conversation", Word("t-5")), ("role", Word("customer")), ("wants_human", Yes)],
    ),
    scene(
        0,
        22,
        "chat",
        "chat.message",
        "",
        &[("conversation", Word("t-5")), ("role", Word("customer")), ("wants_human", Yes)],
    ),
    scene(
        6,
        18,
        "zendesk",
        "ticket.updated",
        "T-6",
        &[("status", Word("open")), ("reopened", Yes), ("reopens", Number(1))],
    ),
    scene(
        2,
        6,
        "zendesk",
        "ticket.opened",
        "T-2",
        &[("category", Word("equipment_malfunction")), ("status", Word("open"))],
    ),
];

const fn scene(
    story: usize,
    ago: i64,
    source: &'static str,
    kind: &'static str,
    case: &'static str,
    fields: &'static [(&'static str, Field)],
) -> Scene {
    Scene { story, ago, source, kind, case, fields, then: None }
}

impl Scene {
    const fn then(mut self, answer: Answer) -> Self {
        self.then = Some(answer);
        self
    }

    /// As an adapter would have understood it.
    fn raw(&self, day: &str, nth: usize, account: &str, at: Timestamp) -> RawSignal {
        let fields = self.fields.iter().map(|(name, field)| {
            let value = match field {
                Yes => RawValue::Bool(true),
                Word(word) => RawValue::Word((*word).to_owned()),
                Ratio(ppm) => RawValue::Ratio(Ppm::new(*ppm)),
                Number(number) => RawValue::Int(*number),
            };
            ((*name).to_owned(), value)
        });
        let told = matches!(self.source, "chat" | "mail");
        RawSignal {
            source: self.source.to_owned(),
            id: format!("{day}-{nth}"),
            kind: self.kind.to_owned(),
            at,
            known_at: None,
            trust: if told { Trust::CustomerText } else { Trust::Operator },
            account: vec![AccountHint::External(
                "crm".to_owned(),
                Personal::new(account.to_owned()),
            )],
            contact: None,
            owner: None,
            case: (!self.case.is_empty()).then(|| format!("{day}-{}", self.case)),
            deal: None,
            numbers: None,
            fields: fields.collect(),
            personal: Vec::new(),
            hidden: Hidden::default(),
        }
    }
}

/// Plays today, once a day, and serves the desk's console until the program is asked to end.
pub(super) fn serve(desk: &Path, accounts: &[&str], args: &DemoArgs) -> Result<()> {
    let context = Context { data: desk.to_owned(), format: Format::Text, config: None };
    let mut driver = context.open()?;
    play(&mut driver, desk, accounts)?;
    let listen = free(args.listen);
    if !listen.ip().is_loopback() {
        anyhow::bail!(
            "the demo is for this machine alone: name a loopback address, such as 127.0.0.1:7480"
        );
    }
    let config = context.config_with(Some(listen))?.config;
    let serving = Serving { config, is_demo: true };
    serve::run(&context, driver, &serving, |address| {
        println!("\nThe console of the customers' desk: http://{address}/");
        eprintln!("serving; Ctrl-C ends it");
    })
}

/// The address, or another port of it where somebody else answers there already.
fn free(wanted: SocketAddr) -> SocketAddr {
    let taken = TcpListener::bind(wanted).is_err_and(|e| e.kind() == std::io::ErrorKind::AddrInUse);
    if taken { SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) } else { wanted }
}

fn play(driver: &mut Working, desk: &Path, accounts: &[&str]) -> Result<()> {
    let now = now();
    let day: String = now.to_string().chars().take(10).collect();
    let mark = desk.join(PLAYED);
    if accounts.is_empty() || fs::read_to_string(&mark).is_ok_and(|played| played == day) {
        return Ok(());
    }
    enforce(driver, now.minus(Duration::from_micros(4 * 86_400_000_000)))?;
    for (nth, scene) in SCENES.iter().enumerate() {
        let Some(account) = accounts.get(scene.story % accounts.len()) else { continue };
        let at = now.minus(Duration::from_micros(scene.ago * 60_000_000));
        let raw = scene.raw(&day, nth, account, at);
        let counted = driver.take(&raw, Origin::Live, at).map_err(Failure::drive)?;
        let asked = counted.step.effects.iter().find_map(|(key, effect)| match effect {
            Effect::Ask { doc, graph, person, .. } => Some((*doc, *graph, *key, *person)),
            _ => None,
        });
        if let (Some(answer), Some((doc, graph, ask, person))) = (scene.then, asked) {
            let body = Body::Answered { doc, graph, ask, person, answer };
            let later = at.plus(Duration::from_micros(240_000_000));
            answered(driver, counted.stream, &body, later)?;
        }
    }
    driver.commit().map_err(Failure::drive)?;
    fs::write(&mark, day).with_context(|| format!("cannot write {}", mark.display()))
}

/// The shipped rules only watch; from here on they ask.
fn enforce(driver: &mut Working, at: Timestamp) -> Result<()> {
    let mut files = bundle::files(Path::new(BUNDLE))?;
    if let Some(text) = files.get_mut("bundle.yaml") {
        *text = text.replace("mode: shadow", "mode: enforce");
    }
    let rules = Arc::new(Rules::compose(files).map_err(Problems)?);
    if rules.digest() != driver.rules().digest() {
        driver.activate(rules, at).map_err(Failure::drive)?;
    }
    Ok(())
}

fn answered(driver: &mut Working, stream: StreamId, body: &Body, at: Timestamp) -> Result<()> {
    driver.give(stream, body, Origin::Live, at).map_err(Failure::drive)?;
    Ok(())
}
