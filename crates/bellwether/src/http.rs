//! HTTP in: one listener, and the limits that hold for every request.
//!
//! - In: a bound listener, routes, and what ends it.
//! - Out: answers; at the end, those under way are finished.
//! - Never: waits for ever for a header, a body or a slow reader; writes down who asked.

mod taken;
pub(crate) mod tls;

use crate::exit::Problems;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use bellwether_core::Problem;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use taken::Taken;
use tls::Certificate;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// What one client may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// To send a request's head, and to stay silent between requests.
    pub(crate) head: Duration,
    /// From a request's head to its answer, the body with it; and as long again to take what was
    /// answered.
    pub(crate) request: Duration,
    /// Bytes of a body.
    pub(crate) body: usize,
    /// Connections at once; more wait.
    pub(crate) connections: usize,
}

/// Where a request comes from: among the extensions of every request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address(pub(crate) IpAddr);

/// Bytes of a request's head.
const HEAD_BYTES: usize = 16 << 10;

/// How long answers under way may take once the end was asked for.
const FAREWELL: Duration = Duration::from_secs(5);

/// When the system has no more sockets: how long until it is asked again.
const NO_SOCKETS: Duration = Duration::from_millis(100);

/// Takes an address to serve at.
///
/// # Errors
/// `listen-failed`, with the address and why.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, Problems> {
    TcpListener::bind(address).await.map_err(|error| {
        let problem = Problem::new("listen-failed", format!("cannot listen on {address}: {error}"));
        Problems(vec![problem.help("name another with `--listen`; port 0 takes a free one")])
    })
}

/// Serves until `stop` is done, then finishes what is under way. Without a certificate it speaks plain HTTP.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<Arc<Certificate>>,
    routes: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let routes = routes.layer(DefaultBodyLimit::max(limits.body));
    let routes = routes.layer(from_fn_with_state(limits.request, in_time));
    let (room, under_way) = (Arc::new(Semaphore::new(limits.connections)), GracefulShutdown::new());
    let mut stop = pin!(stop);
    loop {
        let next = async {
            let room = Arc::clone(&room).acquire_owned().await;
            (room, listener.accept().await)
        };
        let (room, accepted) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "A connection could not be taken.");
                sleep(NO_SOCKETS).await;
                continue;
            }
        };
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(HEAD_BYTES);
        let routes = TowerToHyperService::new(routes.clone());
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(Address(from.ip()));
            routes.call(request)
        });
        let (tls, watcher) = (tls.clone(), under_way.watcher());
        tokio::spawn(async move {
            let served = match tls {
                None => {
                    let stream = TokioIo::new(Taken::new(stream, limits.request));
                    watcher.watch(http.serve_connection(stream, service)).await
                }
                Some(tls) => {
                    let Some(stream) = tls.accept(stream, limits.head).await else { return };
                    let stream = TokioIo::new(Taken::new(stream, limits.request));
                    watcher.watch(http.serve_connection(stream, service)).await
                }
            };
            if let Err(error) = served {
                tracing::debug!(%error, "A connection ended early.");
            }
            drop(room);
        });
    }
    drop(listener);
    if timeout(FAREWELL, under_way.shutdown()).await.is_err() {
        tracing::warn!("Requests under way were cut off.");
    }
}

async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let answered = timeout(limit, next.run(request)).await;
    answered.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

/// Done when the program is asked to end, by Ctrl-C or SIGTERM. From this call on, which needs a runtime, neither
/// ends it by itself.
pub(crate) fn asked_to_end() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let asked = {
        use tokio::signal::unix::{SignalKind, signal};
        [SignalKind::interrupt(), SignalKind::terminate()].map(signal)
    };
    async move {
        #[cfg(unix)]
        {
            let [interrupt, terminate] = asked.map(|asked| async move {
                match asked {
                    Ok(mut asked) => drop(asked.recv().await),
                    Err(_) => std::future::pending().await,
                }
            });
            tokio::select! {
                () = interrupt => {}
                () = terminate => {}
            }
        }
        #[cfg(not(unix))]
        drop(tokio::signal::ctrl_c().await);
    }
}

#[cfg(test)]
mod tests;
