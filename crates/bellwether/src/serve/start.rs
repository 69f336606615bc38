//! Starting everything that serving takes, and ending it in the order in which nothing is lost.

use super::intake::Doors;
use super::metrics::{self, House, Metrics};
use super::operate::{Mappings, Operation};
use super::read::Reading;
use super::versions::Versions;
use super::{App, Serving, cards, channels, settings};
use crate::access::{self, Desk};
use crate::cli::context::{Context, Working, now};
use crate::config::Config;
use crate::exit::{Failure, Problems};
use crate::http::tls::Certificate;
use anyhow::Result;
use bellwether_core::Problem;
use bellwether_runtime::delivery::{self, Delivery};
use bellwether_runtime::live::{self, Live, Parcel, Running, Settings, Understood};
use bellwether_runtime::names::Names;
use std::net::SocketAddr;
use std::sync::Arc;

/// What runs.
pub(super) struct Started {
    pub(super) app: Arc<App>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) tls: Option<Arc<Certificate>>,
    signing: access::Settings,
    /// The secret of the link with which the first account is made.
    first: Option<String>,
    delivery: Option<Delivery>,
    operation: Operation,
    running: Running,
}

impl Started {
    /// Starts it over a driver that is ready for work.
    ///
    /// # Errors
    /// [`Problems`] with the configuration, [`Failure`] of the driver.
    pub(super) fn new(context: &Context, mut driver: Working, serving: &Serving) -> Result<Self> {
        let config = &serving.config;
        let signing = settings::access(config).map_err(Problems)?;
        let routes = channels::routes(config).map_err(Problems)?;
        let tls = config.server.tls.as_ref().map(Certificate::open).transpose();
        let tls = tls.map_err(|problem| Problems(vec![problem]))?.map(Arc::new);
        let doors = Arc::new(Doors::open(config).map_err(Problems)?);
        let mappings = Arc::new(Mappings::of(config)?);
        let names = Names::of(driver.edge().vault_mut(), now());
        let names = names.map_err(|error| Failure::drive(error.into()))?;
        let running = drive(driver, config, (&doors, &mappings))?;
        let (live, intake) = (running.live().clone(), running.intake().clone());
        let leaf = access::leaf(live.clone(), signing.owner);
        let desk = Desk::open(&context.data, names, signing.clone(), Arc::new(now), leaf);
        let desk = Arc::new(desk.map_err(|error| Failure::access(&error))?);
        let first = match config.access.first_start && !serving.is_demo {
            true => desk.first_link(now()).map_err(|error| Failure::access(&error))?,
            false => None,
        };
        let silence = config.sources.iter();
        let silence = silence.filter_map(|(name, source)| Some((name.clone(), source.silence?)));
        let reading = Reading::new(context, live.clone(), silence.collect());
        let watched = Arc::new(Versions::default());
        let operation = Operation::start(config, &mappings, (&live, &intake), (context, &watched))?;
        // Without a channel effects wait: nobody is to be given up who was never tried.
        let delivery = match routes.is_empty() {
            true => None,
            false => Some(deliver(&live, context, config, (routes, &reading, &operation))?),
        };
        let mut figures =
            vec![metrics::driver(live.clone(), intake.clone()), House::of(context.data.clone())];
        let counted = Arc::clone(&watched);
        figures.push(Box::new(move || counted.figures()));
        let again = delivery.as_ref().map(Delivery::again);
        figures.extend(again.iter().map(|again| metrics::delivery(Arc::clone(again.stats()))));
        let metrics = Metrics::new(figures);
        let traces = operation.spans().map(|spans| (spans, config.telemetry.sample));
        let (is_demo, access) = (serving.is_demo, desk);
        let app = Arc::new(App {
            live,
            intake,
            doors,
            traces,
            behind_proxy: config.server.behind_proxy,
            again,
            access,
            is_demo,
            reading,
            versions: watched,
            four_eyes: config.rules.four_eyes,
        });
        Ok(Self { app, metrics, tls, signing, first, delivery, operation, running })
    }

    /// Where the first account is made, if there is none.
    pub(super) fn first_page(&self, address: SocketAddr) -> Option<String> {
        let secret = self.first.as_ref()?;
        Some(self.signing.page(address, &format!("first?token={secret}")))
    }

    /// Ends it: what is under way is written down first, the driver last.
    pub(super) fn end(self) {
        self.delivery.into_iter().for_each(Delivery::end);
        self.operation.end();
        self.running.stop();
    }
}

fn drive(
    driver: Working,
    config: &Config,
    (doors, mappings): (&Arc<Doors>, &Arc<Mappings>),
) -> Result<Running> {
    let (doors, mappings) = (Arc::clone(doors), Arc::clone(mappings));
    let settings = Settings {
        clock: Arc::new(now),
        most_waiting: config.intake.most_waiting,
        reader: Box::new(move |parcel| read_again(&doors, &mappings, parcel)),
    };
    Ok(live::start(driver, settings).map_err(Failure::live)?)
}

/// Reads what waited while the program was down, by whatever read it when it was taken.
fn read_again(doors: &Doors, mappings: &Mappings, parcel: &Parcel) -> Result<Understood, Problem> {
    mappings.read_again(parcel).unwrap_or_else(|| doors.read(parcel))
}

fn deliver(
    live: &Live,
    context: &Context,
    config: &Config,
    (channels, reading, operation): (Vec<delivery::Route>, &Arc<Reading>, &Operation),
) -> Result<Delivery> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| {
        let problem = Problem::new("key-randomness", "the system gives no random bytes");
        Problems(vec![problem.help("check the system's random device")])
    })?;
    let settings = delivery::Settings {
        channels,
        at_once: config.delivery.workers as usize,
        asks_a_day: config.delivery.cap_per_day,
        seed,
        spans: operation.spans(),
    };
    let render = cards::renderer(Arc::clone(reading), Arc::new(config.clone()));
    let started = delivery::start(live.clone(), &context.data, settings, render);
    Ok(started.map_err(Failure::live)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_core::{Personal, Timestamp};

    #[test]
    fn a_webhook_that_waited_is_read_as_it_was_when_it_was_taken() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            #[cfg(unix)]
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
                .unwrap();
            path
        };
        file("s", "a secret");
        let text = "[sources.desk]\nkind = \"hook\"\nmapping = \"zendesk-tickets\"\n\
                    scheme = \"github\"\nsecret_file = \"s\"\n";
        let named = file("bellwether.toml", text);
        let config = Config::load(Some(&named), dir.path(), None).unwrap().config;
        let (doors, mappings) = (Doors::open(&config).unwrap(), Mappings::of(&config).unwrap());
        let ticket = r#"{"tickets":[{"id":7,"status":"new","created_at":"2026-11-20T10:00:00Z"}]}"#;
        let parcel = Parcel {
            source: "desk".to_owned(),
            form: crate::serve::intake::HOOK.to_owned(),
            at: Timestamp::from_secs(9),
            trace: None,
            body: Personal::new(ticket.as_bytes().to_vec()),
            once: None,
        };
        let understood = read_again(&doors, &mappings, &parcel).unwrap();
        assert_eq!((understood.signals.len(), understood.refused.is_none()), (1, true));
    }
}
