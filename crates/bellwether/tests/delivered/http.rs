//! A receiver's side of HTTP/1.1: one request a connection.

use crate::receiver::{Fault, Kind, Request, Shared};
use serde_json::json;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

/// The head of a request, and how long its body is; `None` if whoever asks has left.
fn head(reader: &mut BufReader<TcpStream>) -> Option<(Request, usize)> {
    let (mut request, mut first) = (Request::default(), String::new());
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    request.path = first.split(' ').nth(1)?.to_owned();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        request.headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = request.header("content-length").parse().ok()?;
    Some((request, length))
}

/// Answers one request. Everything may fail where the other side was killed.
pub(super) fn serve(mut stream: TcpStream, shared: &Shared) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut request, length) = head(&mut reader)?;
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    if request.path.ends_with("conversations.history") {
        let body = history(shared);
        return say(&stream, 200, "", &body);
    }
    let key = request.key().to_owned();
    let fault = shared.take(request);
    if matches!(
        fault,
        Fault::None
            | Fault::Dies
            | Fault::Reset { executes: true }
            | Fault::Drips { executes: true }
            | Fault::Broken { executes: true }
    ) {
        shared.execute(&key);
    }
    match fault {
        Fault::None => match shared.kind {
            Kind::Slack => say(&stream, 200, "", r#"{"ok":true,"channel":"C1","ts":"17.1"}"#),
            Kind::Teams => say(&stream, 202, "", ""),
            _ => say(&stream, 200, "", ""),
        }?,
        Fault::Reset { .. } => reset(&stream),
        Fault::Drips { .. } => Shared::drip(&stream, "HTTP/1.1 200 OK\r\nx-drip: "),
        Fault::Busy { seconds } => say(&stream, 429, &format!("retry-after: {seconds}\r\n"), "")?,
        Fault::Broken { .. } => say(&stream, 500, "", "")?,
        Fault::Refuses => say(&stream, 400, "", "")?,
        Fault::Dies => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n").ok()?,
    }
    shared.conduct.answered();
    Some(())
}

/// Has it end with a reset once it is dropped.
pub(super) fn reset(stream: &TcpStream) {
    let linger = Some(std::time::Duration::ZERO);
    socket2::SockRef::from(stream).set_linger(linger).unwrap();
}

fn say(mut stream: &TcpStream, status: u16, headers: &str, body: &str) -> Option<()> {
    let length = body.len();
    let text = format!("HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).ok()
}

/// What Slack says of a conversation: every message that was executed, with its metadata.
fn history(shared: &Shared) -> String {
    let mut ledger = shared.ledger.lock().unwrap();
    ledger.asked += 1;
    let message = |key: &String| {
        let payload = json!({"key": key});
        json!({"ts": "17.1", "metadata": {"event_type": "bellwether_effect", "event_payload": payload}})
    };
    let messages: Vec<_> = ledger.executed.keys().map(message).collect();
    json!({"ok": true, "messages": messages, "has_more": false}).to_string()
}
