//! As much of a browser as the tests need: cookies, forms, and where a request says it comes from.

use super::super::world::PASSWORD;
use crate::http::{Limits, serve};
use axum::Router;
use openidconnect::url::form_urlencoded;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const LIMITS: Limits = Limits {
    head: Duration::from_secs(10),
    request: Duration::from_secs(60),
    body: 1 << 20,
    connections: 64,
};

pub(crate) struct Served {
    pub(crate) address: SocketAddr,
}

impl Served {
    pub(crate) async fn start(routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, routes)
    }

    pub(crate) fn on(listener: TcpListener, routes: Router) -> Self {
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, None, routes, LIMITS, std::future::pending()));
        Self { address }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) address: SocketAddr,
    pub(crate) cookies: Vec<(String, String)>,
    pub(crate) origin: Option<String>,
    pub(crate) site: Option<String>,
    pub(crate) authorization: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of the first hidden field of a name.
    #[track_caller]
    pub(crate) fn field(&self, name: &str) -> String {
        let lead = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&lead).unwrap_or_else(|| panic!("{}", self.body));
        rest.split('"').next().unwrap().replace("&amp;", "&")
    }

    #[track_caller]
    pub(crate) fn csrf(&self) -> String {
        self.field("csrf")
    }
}

impl Browser {
    pub(crate) fn new(served: &Served) -> Self {
        Self {
            address: served.address,
            cookies: Vec::new(),
            origin: Some(format!("http://{}", served.address)),
            site: None,
            authorization: None,
        }
    }

    pub(crate) fn bearer(served: &Served, token: &str) -> Self {
        let authorization = Some(format!("Bearer {token}"));
        Self { authorization, ..Self::new(served) }
    }

    pub(crate) async fn signed_in(served: &Served, name: &str) -> Self {
        let mut browser = Self::new(served);
        let answer = browser.post("/sign-in", &[("name", name), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        self.send("POST", path, &kind, &body).await
    }

    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &str,
    ) -> Answer {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.address,
            body.len()
        );
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let sent = [
            ("cookie", (!cookies.is_empty()).then(|| cookies.join("; "))),
            ("origin", self.origin.clone().filter(|_| method == "POST")),
            ("sec-fetch-site", self.site.clone()),
            ("authorization", self.authorization.clone()),
        ];
        let sent = sent.into_iter().filter_map(|(name, value)| Some((name, value?)));
        for (name, value) in sent.chain(headers.iter().cloned()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let answer = read(&String::from_utf8(bytes).unwrap());
        let set = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
        for (_, line) in set {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(key, _)| key != name);
            if !line.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }
}

fn read(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Answer { status, headers, body: body.to_owned() }
}
