//! Metrics: what a Prometheus server asks for, by the names of `docs/metrics.md`.
//!
//! - In: the counters of the running driver, figures from whoever else has some, and every request's
//!   route, status and time.
//! - Out: the OpenMetrics text at `/metrics`.
//! - Never: a label from outside: routes are those of the program, methods and statuses are few.

mod figures;

pub(crate) use figures::{Figure, House, delivery, driver};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use figures::Figures;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::sync::Arc;
use std::time::Instant;

/// The media type of the text (OpenMetrics 1.0).
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const SECONDS: [f64; 11] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// Everything that is measured.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Asked, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
}

/// Gives figures whenever they are asked for; it must be quick.
pub(crate) type Source = Box<dyn Fn() -> Vec<Figure> + Send + Sync>;

impl Metrics {
    /// Metrics over figures of others.
    pub(crate) fn new(sources: Vec<Source>) -> Arc<Self> {
        let mut registry = Registry::with_prefix("bellwether");
        let requests = Family::default();
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        let seconds = Family::new_with_constructor(histogram);
        registry.register("http_requests", "Requests that were answered", requests.clone());
        let help = "From a request's head to its answer";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, seconds.clone());
        registry.register_collector(Box::new(Figures(sources)));
        Arc::new(Self { registry, requests, seconds })
    }

    /// All of it as text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a text cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// The answer to `/metrics`.
pub(crate) async fn show(State(metrics): State<Arc<Metrics>>) -> Response {
    // Some figures are read from the disk.
    let text = tokio::task::spawn_blocking(move || metrics.text()).await.unwrap_or_default();
    ([(header::CONTENT_TYPE, TEXT)], text).into_response()
}

/// Counts a request; to be laid around all routes.
pub(crate) async fn count(
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    // A route of the program, never what somebody typed.
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("none", MatchedPath::as_str).to_owned();
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    let answer = next.run(request).await;
    let status = answer.status().as_u16();
    let seconds = metrics.seconds.get_or_create(&Route { route: route.clone() });
    seconds.observe(began.elapsed().as_secs_f64());
    drop(seconds);
    metrics.requests.get_or_create(&Asked { route, method, status }).inc();
    answer
}

#[cfg(test)]
mod tests;
