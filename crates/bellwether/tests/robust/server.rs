//! A server in a world of its own, and whoever talks to it.

use crate::world::World;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::time::Duration;
use ureq::Agent;

/// A server that runs; it is killed when the test ends, unless it was ended before.
pub(crate) struct Server {
    child: Child,
    address: String,
    agent: Agent,
    token: String,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Value,
}

/// The sources of the tests: `crm` sends events, `desk` is a signed webhook.
pub(crate) const SOURCES: &str = r#"
[sources.crm]
kind = "events"

[sources.desk]
kind = "hook"
mapping = "zendesk-tickets"
scheme = "github"
secret_file = "desk.secret"
"#;

pub(crate) const SECRET: &str = "a secret of the desk";

impl World {
    /// With a data directory and the sources of the tests.
    pub(crate) fn served(more: &str) -> Self {
        let world = Self::new();
        world.to_serve("customer-escalation", more);
        world
    }

    /// Makes a data directory with a bundle, and what a server of the tests needs.
    pub(crate) fn to_serve(&self, bundle: &str, more: &str) {
        self.init(bundle);
        self.secret("desk.secret", SECRET);
        self.write("bellwether.toml", format!("{more}\n{SOURCES}"));
        let words = ["access", "token", "create", "--label", "crm", "--scope", "signals:write"];
        let made = self.run(&[&words[..], &["--source", "crm"]].concat()).ends(0);
        let token = made.out.split_whitespace().find(|word| word.starts_with("bw_")).unwrap();
        self.write("token", token);
    }

    /// A file that only its owner may read.
    pub(crate) fn secret(&self, name: &str, text: &str) {
        self.write(name, text);
        #[cfg(unix)]
        fs::set_permissions(self.path(name), std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
    }

    /// Starts the server and waits until it says where it answers.
    pub(crate) fn serve(&self) -> Server {
        let words = ["serve", "--config", "bellwether.toml", "--listen", "127.0.0.1:0"];
        let mut child = self.start(&words);
        let mut first = String::new();
        let said = BufReader::new(child.stdout.take().unwrap()).read_line(&mut first);
        if said.unwrap() == 0 {
            let mut why = String::new();
            std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut why).unwrap();
            panic!("the server did not start: {why}");
        }
        // Nobody reads what it says; a full pipe must not stop it.
        let talk = child.stderr.take().unwrap();
        std::thread::spawn(move || std::io::copy(&mut BufReader::new(talk), &mut std::io::sink()));
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)));
        let address = first.trim().trim_end_matches('/').to_owned();
        let token = fs::read_to_string(self.path("token")).unwrap();
        Server { child, address, agent: config.build().into(), token }
    }
}

impl Server {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.address.trim_start_matches("http://")
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_post(path, headers, body).unwrap()
    }

    /// `None` where nothing was answered: the server is gone.
    pub(crate) fn try_post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Answer> {
        let request = self.agent.post(format!("{}{path}", self.address));
        let mut request = request.header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answered = request.send(body).ok()?;
        let status = answered.status().as_u16();
        let retry_after = answered.headers().get("retry-after");
        let retry_after = retry_after.map(|value| value.to_str().unwrap().parse().unwrap());
        let text = answered.into_body().read_to_string().ok()?;
        Some(Answer { status, retry_after, body: serde_json::from_str(&text).unwrap_or_default() })
    }

    /// A page or a text, as whoever holds that token reads it.
    pub(crate) fn get(&self, path: &str, token: &str) -> String {
        let request = self.agent.get(format!("{}{path}", self.address));
        let answered = request.header("authorization", format!("Bearer {token}")).call().unwrap();
        assert_eq!(answered.status(), 200, "{path}");
        answered.into_body().read_to_string().unwrap()
    }

    /// Events, in a batch.
    pub(crate) fn send(&self, events: &[Value]) -> Answer {
        let kind = [("content-type", "application/cloudevents-batch+json")];
        self.post("/v1/signals", &kind, &serde_json::to_vec(events).unwrap())
    }

    /// Asks it to end, and waits until it has.
    #[track_caller]
    pub(crate) fn end(mut self) {
        let ended = Command::new("kill").arg(self.id().to_string()).status().unwrap();
        assert!(ended.success());
        assert!(self.child.wait().unwrap().success(), "it ends well when it is asked to");
    }

    /// Takes its life at once.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A message of a customer, as an event.
pub(crate) fn message(id: &str, account: &str, sentiment: &str) -> Value {
    serde_json::json!({
        "specversion": "1.0", "id": id, "source": "crm", "type": "chat.message",
        "data": {
            "account": {"domain": format!("{account}.example")},
            "fields": {
                "conversation": id, "role": "customer", "sentiment": {"ratio": sentiment},
                "wants_human": false
            },
            "text": {"text": "it has been broken since Monday"}
        }
    })
}
