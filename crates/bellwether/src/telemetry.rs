//! Telemetry: spans go to a collector, by OTLP over HTTP, from a thread of its own.
//!
//! - In: spans that have ended.
//! - Out: OTLP (protobuf) to the collector that was configured, in batches.
//! - Never: waits, or keeps more than fits its queue: what is more is dropped. Opens no connection but
//!   through `transport`, so the collector's address is judged like any other.

use crate::config;
use bellwether_core::{Problem, Timestamp};
use bellwether_runtime::trace::{Span, Spans};
use bellwether_runtime::transport::{Limits, Peer};
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor,
};
use std::fmt;
use std::time::{Duration, SystemTime};

/// Where traces are taken, below the collector's address (OTLP 1.x, section "OTLP/HTTP request").
const PATH: &str = "v1/traces";
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), whole: Duration::from_secs(10), answer: 1 << 20 };

/// Sends spans. When it is dropped, what waits is sent first.
pub(crate) struct Telemetry {
    batches: BatchSpanProcessor,
    scope: InstrumentationScope,
}

/// The collector, as the exporter wants it.
struct Collector {
    peer: Peer,
    headers: Vec<(String, config::Secret)>,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Collector({})", self.peer.host())
    }
}

#[async_trait::async_trait]
impl HttpClient for Collector {
    /// Called on the exporter's own thread, so it may take its time.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut headers = vec![("content-type", "application/x-protobuf")];
        let own =
            self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.text()?)));
        headers.extend(own);
        let answer = self.peer.post_with(PATH, &headers, request.body())?;
        Ok(Response::builder().status(answer.status).body(Bytes::from(answer.body))?)
    }
}

impl Telemetry {
    /// Starts to send where it is configured; `None` where nothing is.
    ///
    /// # Errors
    /// `telemetry-collector` if the address cannot be used, `config-secret` if its headers cannot be read.
    pub(crate) fn start(config: &config::Telemetry) -> Result<Option<Self>, Problem> {
        let Some(endpoint) = &config.otlp else { return Ok(None) };
        let unfit = |what: String, help: &str| {
            let message = format!("traces cannot be sent to {endpoint}: {what}");
            Problem::new("telemetry-collector", message).help(help)
        };
        let peer = Peer::new(endpoint, config.private, LIMITS)
            .map_err(|error| unfit(error.to_string(), error.help()))?;
        let headers = match &config.headers {
            Some(at) => headers(&at.read()?).ok_or_else(|| {
                unfit("its headers make no sense".to_owned(), "write `Name: value` lines")
            })?,
            None => Vec::new(),
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector { peer, headers })
            .with_endpoint(format!("{endpoint}/{PATH}"))
            .build()
            .map_err(|error| unfit(error.to_string(), "check `otlp` in [telemetry]"))?;
        let mut batches = BatchSpanProcessor::builder(exporter).build();
        batches.set_resource(&Resource::builder_empty().with_service_name("bellwether").build());
        let scope =
            InstrumentationScope::builder("bellwether").with_version(env!("CARGO_PKG_VERSION"));
        Ok(Some(Self { batches, scope: scope.build() }))
    }
}

/// `Name: value` lines.
fn headers(secret: &config::Secret) -> Option<Vec<(String, config::Secret)>> {
    let lines = secret.text()?.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (name, value) = line.split_once(':')?;
            let name = axum::http::HeaderName::try_from(name.trim()).ok()?;
            let value = axum::http::HeaderValue::try_from(value.trim()).ok()?;
            Some((name.to_string(), config::Secret::of(value.as_bytes())))
        })
        .collect()
}

impl Spans for Telemetry {
    fn ended(&self, span: Span) {
        let Span { name, context, parent, from, until, members, failed } = span;
        let flags = if context.sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
        let (trace, own) = (TraceId::from_bytes(context.trace), SpanId::from_bytes(context.span));
        self.batches.on_end(SpanData {
            span_context: SpanContext::new(trace, own, flags, false, TraceState::NONE),
            parent_span_id: parent.map_or(SpanId::INVALID, SpanId::from_bytes),
            parent_span_is_remote: name == "signal.accept",
            span_kind: match name {
                "signal.accept" => SpanKind::Server,
                "effect.deliver" => SpanKind::Client,
                _ => SpanKind::Internal,
            },
            name: name.into(),
            start_time: system(from),
            end_time: system(until),
            attributes: members
                .into_iter()
                .map(|(name, value)| KeyValue::new(name, value))
                .collect(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: if failed { Status::error("") } else { Status::Unset },
            instrumentation_scope: self.scope.clone(),
        });
    }
}

fn system(at: Timestamp) -> SystemTime {
    let since = Duration::from_micros(u64::try_from(at.micros()).unwrap_or(0));
    SystemTime::UNIX_EPOCH + since
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Err(error) = self.batches.shutdown_with_timeout(LIMITS.whole) {
            tracing::warn!(%error, "Some traces were not sent.");
        }
    }
}

#[cfg(test)]
mod tests;
