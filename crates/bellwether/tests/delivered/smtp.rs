//! A receiver's side of SMTP that fails as it is told to. The real server is in `mailserver`.

use crate::http::reset;
use crate::receiver::{Fault, Request, Shared};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

/// A conversation.
struct Talk {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Talk {
    fn say(&mut self, line: &str) -> Option<()> {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).ok()
    }

    fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        self.reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(line.trim_end().to_owned())
    }

    /// The mail, up to its end.
    fn mail(&mut self, to: &str) -> Option<Request> {
        let (mut request, mut in_head) =
            (Request { path: to.to_owned(), ..Request::default() }, true);
        loop {
            let line = self.hear()?;
            if line == "." {
                return Some(request);
            }
            in_head &= !line.is_empty();
            if let (true, Some((name, value))) = (in_head, line.split_once(": ")) {
                request.headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            request.body.extend_from_slice(format!("{line}\n").as_bytes());
        }
    }
}

/// Takes one mail. A fault before the mail is known is decided by an empty request.
pub(super) fn serve(stream: TcpStream, shared: &Shared) -> Option<()> {
    let reader = BufReader::new(stream.try_clone().ok()?);
    let mut talk = Talk { stream, reader };
    let fault = shared.next();
    let early = matches!(
        fault,
        Fault::Reset { executes: false } | Fault::Drips { executes: false } | Fault::Busy { .. }
    );
    if early {
        shared.take(Request::default());
    }
    match fault {
        Fault::Drips { executes: false } => {
            Shared::drip(&talk.stream, "220 ");
            return None;
        }
        Fault::Busy { seconds } if seconds > 60 => return talk.say("421 later"),
        _ => talk.say("220 here")?,
    }
    let mut to = String::new();
    loop {
        let line = talk.hear()?;
        match line.split([' ', ':']).next()? {
            "RCPT" if fault == (Fault::Reset { executes: false }) => {
                reset(&talk.stream);
                return None;
            }
            "RCPT" if matches!(fault, Fault::Busy { .. }) => talk.say("450 busy")?,
            "RCPT" => {
                to = line.split(['<', '>']).nth(1)?.to_owned();
                talk.say("250 fine")?;
            }
            "DATA" => {
                talk.say("354 go on")?;
                let request = talk.mail(&to)?;
                taken(&mut talk, request, shared)?;
            }
            "QUIT" => return talk.say("221 bye"),
            _ => talk.say("250 fine")?,
        }
    }
}

/// The end of the mail came: it is executed or not, and the verdict is given or not.
fn taken(talk: &mut Talk, request: Request, shared: &Shared) -> Option<()> {
    let key = request.key().to_owned();
    let fault = shared.take(request);
    if !matches!(fault, Fault::Broken { .. } | Fault::Refuses) {
        shared.execute(&key);
    }
    match fault {
        Fault::Broken { .. } => talk.say("451 failed")?,
        Fault::Refuses => talk.say("554 never")?,
        Fault::Reset { .. } => {
            reset(&talk.stream);
            return None;
        }
        Fault::Drips { .. } => {
            Shared::drip(&talk.stream, "250 ");
            return None;
        }
        Fault::Dies => {
            talk.say("250 mine")?;
            shared.conduct.answered();
            reset(&talk.stream);
            return None;
        }
        Fault::None | Fault::Busy { .. } => talk.say("250 mine")?,
    }
    shared.conduct.answered();
    Some(())
}
