//! A mail server that is not ours: aiosmtpd for Python, under STARTTLS, for whoever signs in.

use rcgen::CertifiedKey;
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

/// Says its port, and then each mail with its envelope, as a line of JSON.
const PYTHON: &str = r#"
import asyncio, email, email.policy, json, logging, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult

logging.getLogger("mail.log").setLevel(logging.ERROR)

def say(what):
    print(json.dumps(what), flush=True)

class Box:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
        say({"from": envelope.mail_from, "to": envelope.rcpt_tos, "headers": {k.lower(): v for k, v in mail.items()},
             "parts": parts, "tls": session.ssl is not None, "user": session.auth_data.login.decode()})
        return "250 taken"

def known(server, session, envelope, mechanism, data):
    fine = (data.login, data.password) == (b"bellwether", b"a mail password")
    return AuthResult(success=fine, auth_data=data)

async def main():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[1], sys.argv[2])
    def conversation():
        return SMTP(Box(), tls_context=tls, require_starttls=True, auth_required=True, authenticator=known)
    server = await asyncio.get_running_loop().create_server(conversation, "127.0.0.1", 0)
    say(server.sockets[0].getsockname()[1])
    await server.serve_forever()

asyncio.run(main())
"#;

/// A Python that has it: the one that `./test` makes beside what it builds, or the system's.
fn python() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?.join("python/bin/python3");
    let has = |python: &PathBuf| {
        let output = Command::new(python).args(["-c", "import aiosmtpd"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    [beside, PathBuf::from("python3")].into_iter().find(has)
}

/// The server at work; it ends when it is dropped.
pub(crate) struct MailServer {
    child: Child,
    lines: Receiver<Value>,
    pub(crate) port: u64,
}

/// The password of `bellwether`, the only user.
pub(crate) const PASSWORD: &str = "a mail password";

impl MailServer {
    /// Starts it in a folder, where it leaves `mail.pem`, which says that it is 127.0.0.1. `None` where there is no
    /// aiosmtpd.
    pub(crate) fn start(folder: &Path) -> Option<Self> {
        let python = python()?;
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let CertifiedKey { cert, signing_key } = made;
        std::fs::write(folder.join("mail.pem"), cert.pem()).unwrap();
        std::fs::write(folder.join("mail.key"), signing_key.serialize_pem()).unwrap();
        let mut command = Command::new(python);
        command.args(["-c", PYTHON, "mail.pem", "mail.key"]).current_dir(folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                drop(tell.send(serde_json::from_str(&line).unwrap()));
            }
        });
        let mut server = Self { child, lines, port: 0 };
        server.port = server.next().as_u64().unwrap();
        Some(server)
    }

    /// What it says next.
    pub(crate) fn next(&self) -> Value {
        self.lines.recv_timeout(Duration::from_secs(30)).unwrap()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
