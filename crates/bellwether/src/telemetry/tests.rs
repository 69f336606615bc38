//! A collector on this machine gets what was sent, and decodes it.

use super::*;
use crate::config::{SecretAt, Telemetry as Configured};
use bellwether_core::Ppm;
use bellwether_runtime::trace::TraceContext;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

/// Takes one request, answers it, and gives its head and body.
fn collect(listener: &TcpListener, answer: &str) -> (String, Vec<u8>) {
    let (stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream);
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).unwrap() > 2 {
        head.push_str(&line.to_lowercase());
        line.clear();
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.trim().parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let mut stream = reader.into_inner();
    write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    (head, body)
}

fn configured(endpoint: &str, headers: Option<SecretAt>, private: bool) -> Configured {
    Configured { otlp: Some(endpoint.to_owned()), headers, sample: Ppm::ONE, private }
}

#[test]
fn one_trace_leads_from_the_signal_to_the_effect() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let collector = std::thread::spawn(move || collect(&listener, "200 OK"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headers");
    std::fs::write(&path, "Authorization: Bearer abc\n\nX-Tenant: main\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let telemetry = Telemetry::start(&configured(&endpoint, Some(SecretAt::File(path)), true));
    let telemetry = telemetry.unwrap().unwrap();
    let sent =
        TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
    let accept = sent.child().unwrap();
    let decision = accept.child().unwrap();
    let deliver = decision.child().unwrap();
    let span = |name, context, parent: TraceContext, failed| Span {
        name,
        context,
        parent: Some(parent.span),
        from: Timestamp::from_secs(5),
        until: Timestamp::from_micros(5_250_000),
        members: vec![("source", "crm".to_owned())],
        failed,
    };
    telemetry.ended(span("signal.accept", accept, sent, false));
    telemetry.ended(span("decision", decision, accept, false));
    telemetry.ended(span("effect.deliver", deliver, decision, true));
    drop(telemetry);
    let (head, body) = collector.join().unwrap();
    assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
    assert!(
        head.contains("authorization: bearer abc") && head.contains("x-tenant: main"),
        "{head}"
    );
    let request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
    let resource = request.resource_spans[0].resource.clone().unwrap();
    assert!(format!("{resource:?}").contains("bellwether"), "{resource:?}");
    let spans = &request.resource_spans[0].scope_spans[0].spans;
    let mut before = sent.span.to_vec();
    for (span, (name, failed)) in
        spans.iter().zip([("signal.accept", false), ("decision", false), ("effect.deliver", true)])
    {
        assert_eq!((span.name.as_str(), &span.trace_id), (name, &sent.trace.to_vec()));
        assert_eq!(span.parent_span_id, before, "{name}");
        assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, 250_000_000, "{name}");
        assert_eq!(span.status.as_ref().is_some_and(|status| status.code == 2), failed, "{name}");
        before.clone_from(&span.span_id);
    }
    assert_eq!(spans.len(), 3);
}

#[test]
fn nothing_is_sent_where_nothing_is_configured_or_allowed() {
    let off = Configured { otlp: None, headers: None, sample: Ppm::ONE, private: false };
    assert!(Telemetry::start(&off).unwrap().is_none());
    let code = |config: &Configured| Telemetry::start(config).err().map(|problem| problem.code);
    let open = configured("http://collector.example", None, false);
    assert_eq!(code(&open), Some("telemetry-collector"), "no TLS to the public");
    let unset =
        configured("https://a.example", Some(SecretAt::Env("BELLWETHER_NONE".into())), false);
    assert_eq!(code(&unset), Some("config-secret"));
}
