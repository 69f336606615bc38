//! What a Prometheus server gets: every name is documented, and none has a label from outside.

use super::figures::Kind;
use super::*;
use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

fn sources() -> Vec<Source> {
    let age = || {
        vec![Figure::gauge(
            "log_checkpoint_age_seconds",
            "Age of the newest signed checkpoint",
            1.5,
        )]
    };
    let status = |word: &str, count| {
        Figure::counter("signals", "Signals that became records", count).of("status", word)
    };
    let signals = move || vec![status("applied", 7), status("late", 1)];
    let buckets = vec![(0.001, 3), (f64::INFINITY, 1)];
    let latency = move || {
        let kind = Kind::Histogram(2.5, buckets.clone());
        vec![Figure { name: "signal_decision_seconds", help: "How long", labels: Vec::new(), kind }]
    };
    vec![Box::new(age), Box::new(signals), Box::new(latency)]
}

#[tokio::test]
async fn what_is_asked_for_is_told_by_bounded_labels() {
    let metrics = Metrics::new(sources());
    let routes = Router::new()
        .route("/v1/accounts/{id}", get(|| async { "fine" }))
        .layer(from_fn_with_state(Arc::clone(&metrics), count));
    let routes = TowerToHyperService::new(routes);
    for (method, path) in [
        ("GET", "/v1/accounts/kim@customer.example"),
        ("GET", "/v1/accounts/other"),
        ("BREW", "/v1/accounts/x"),
        ("GET", "/kim@customer.example"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        routes.call(request).await.unwrap();
    }
    let text = metrics.text();
    // Families come in no order of their own.
    let mut lines: Vec<_> =
        text.lines().filter(|line| !line.contains("http_request_duration_seconds_")).collect();
    lines.sort_unstable();
    let shown = lines.join("\n");
    expect_test::expect![[r##"
        # EOF
        # HELP bellwether_http_request_duration_seconds From a request's head to its answer.
        # HELP bellwether_http_requests Requests that were answered.
        # HELP bellwether_log_checkpoint_age_seconds Age of the newest signed checkpoint.
        # HELP bellwether_signal_decision_seconds How long.
        # HELP bellwether_signals Signals that became records.
        # TYPE bellwether_http_request_duration_seconds histogram
        # TYPE bellwether_http_requests counter
        # TYPE bellwether_log_checkpoint_age_seconds gauge
        # TYPE bellwether_signal_decision_seconds histogram
        # TYPE bellwether_signals counter
        # UNIT bellwether_http_request_duration_seconds seconds
        bellwether_http_requests_total{route="/v1/accounts/{id}",method="GET",status="200"} 2
        bellwether_http_requests_total{route="/v1/accounts/{id}",method="other",status="405"} 1
        bellwether_http_requests_total{route="none",method="GET",status="404"} 1
        bellwether_log_checkpoint_age_seconds 1.5
        bellwether_signal_decision_seconds_bucket{le="+Inf"} 4
        bellwether_signal_decision_seconds_bucket{le="0.001"} 3
        bellwether_signal_decision_seconds_count 4
        bellwether_signal_decision_seconds_sum 2.5
        bellwether_signals_total{status="applied"} 7
        bellwether_signals_total{status="late"} 1"##]]
    .assert_eq(&shown);
    assert!(!text.contains("kim"), "{text}");
}

/// Every name that the program can give stands in the page, and no other.
#[test]
fn the_page_names_every_metric() {
    const PAGE: &str = include_str!("../../../../../docs/metrics.md");
    const FILES: [&str; 3] =
        [include_str!("figures.rs"), include_str!("../metrics.rs"), include_str!("../versions.rs")];
    let in_page: std::collections::BTreeSet<&str> = PAGE
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.strip_prefix("bellwether_"))
        .map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap())
        .map(|name| name.trim_end_matches("_total"))
        .collect();
    let named = [
        "Figure::counter(\"",
        "Figure::gauge(\"",
        "latency(\"",
        "register(\"",
        "register_with_unit(\"",
    ];
    let mut in_program = std::collections::BTreeSet::new();
    for text in FILES {
        let flat = text.replace("(\n", "(").replace("(                ", "(").replace("( ", "(");
        let flat: String =
            flat.split_whitespace().collect::<Vec<_>>().join(" ").replace("( \"", "(\"");
        for call in named {
            for rest in flat.split(call).skip(1) {
                let name = rest.split('"').next().unwrap().to_owned();
                let unit = if call.contains("unit") { "_seconds" } else { "" };
                in_program.insert(name + unit);
            }
        }
    }
    assert!(in_program.len() > 12, "{in_program:?}");
    let in_program: std::collections::BTreeSet<&str> =
        in_program.iter().map(String::as_str).collect();
    assert_eq!(in_program, in_page, "the program's beside those of docs/metrics.md");
}
