//! Access by hand and over the server: the first link, tokens, and an emergency that is in the log first.
#![cfg(test)]

#[path = "access/server.rs"]
mod server;
#[expect(dead_code, reason = "other tests use the rest")]
mod world;

use server::Server;
use std::collections::BTreeSet;
use world::World;

fn new() -> World {
    let world = World::new();
    world.run(&["init", "--bundle", "small"]).ends(0);
    world
}

#[test]
fn the_first_start_prints_a_link_and_the_next_one_does_not() {
    let world = new();
    let mut server = Server::start(&world);
    let link = server.line_with("/first?token=");
    let token = link.rsplit('=').next().unwrap().to_owned();
    let form =
        format!("token={token}&name=canary.quillon%40example.org&password=correct+horse+battery");
    let (head, _) = server.ask("POST", "/first", "", &form);
    assert!(head.starts_with("HTTP/1.1 303"), "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = format!("cookie: {}\r\n", cookie.split(';').next().unwrap());
    let (_, me) = server.ask("GET", "/v1/me", &cookie, "");
    assert!(me.contains("\"role\":\"admin\""), "{me}");
    // Commands work beside the server, and it sees what they did.
    let account = serde_json::from_str::<serde_json::Value>(&me).unwrap();
    let account = account["account"].as_str().unwrap().to_owned();
    world.run(&["access", "list"]).ends(0).says(&[&account, "canary.quillon@example.org", "admin"]);
    world.run(&["access", "disable", &account]).ends(0);
    let (head, _) = server.ask("GET", "/v1/me", &cookie, "");
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    let log = world.run(&["access", "log"]).ends(0);
    log.says(&["account.made", "account.disabled", "command"]);
    assert!(!log.out.contains("quillon"), "{}", log.out);
    server.end();
    let mut again = Server::start(&world);
    assert!(!again.line_with("serving").contains("first"), "there is an account");
    let (head, _) = again.ask("GET", &format!("/first?token={token}"), "", "");
    assert!(head.starts_with("HTTP/1.1 410"), "{head}");
}

#[test]
fn only_whoever_may_stops_all_sending() {
    let world = new();
    let mut server = Server::start(&world);
    let token = server.line_with("/first?token=").rsplit('=').next().unwrap().to_owned();
    let form = format!("token={token}&name=ann&password=correct+horse+battery");
    let (head, _) = server.ask("POST", "/first", "", &form);
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let ann = format!("cookie: {}\r\n", cookie.split(';').next().unwrap());
    for (path, status) in [("/outbox/stop", "303"), ("/v1/stop", "401")] {
        let (head, _) = server.ask("POST", path, "", "stopped=true");
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {head}");
    }
    // No program may, and one that reads may not settle.
    let made = ["access", "token", "create", "--label", "x", "--scope", "read,admin"];
    let admin = format!("authorization: Bearer {}\r\n", world.run(&made).ends(0).out.trim());
    let made = ["access", "token", "create", "--label", "y", "--scope", "read"];
    let reader = format!("authorization: Bearer {}\r\n", world.run(&made).ends(0).out.trim());
    for (who, path, status) in [
        (&admin, "/v1/stop", "403"),
        (&reader, "/v1/stop", "403"),
        (&reader, "/outbox/stop?undone=1", "403"),
        (&reader, "/v1/outbox/1/0/retry", "403"),
        (&reader, "/v1/outbox/1/0/settle", "403"),
        (&admin, "/v1/outbox/1/0/retry", "404"),
        (&admin, "/v1/outbox/1/256/retry", "404"),
    ] {
        let (head, body) = server.ask("POST", path, who, "");
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {head}{body}");
    }
    let (_, page) = server.ask("GET", "/outbox", &reader, "");
    assert!(page.contains("The rules run in shadow: they ask nobody."), "{page}");
    assert!(page.contains("<h1>Outbox</h1>") && !page.contains("/outbox/stop"), "{page}");
    for (stopped, shown) in [("true", "All sending is stopped"), ("false", "Stop all sending")] {
        let (_, page) = server.ask("GET", "/outbox/stop", &ann, "");
        let (_, csrf) = page.split_once("name=\"csrf\" value=\"").unwrap();
        let csrf = csrf.split('"').next().unwrap();
        assert!(page.contains(&format!("name=\"stopped\" value=\"{stopped}\"")), "{page}");
        let form = format!("stopped={stopped}&csrf={csrf}");
        let (head, _) = server.ask("POST", "/outbox/stop", &ann, &form);
        assert!(head.starts_with("HTTP/1.1 303") && head.contains("location: /outbox"), "{head}");
        let (_, page) = server.ask("GET", "/decisions", &ann, "");
        let banner = page.contains("All sending is stopped.") && page.contains("To the Outbox");
        assert_eq!(banner, stopped == "true", "every page says it: {page}");
        let (_, page) = server.ask("GET", "/outbox", &ann, "");
        assert!(page.contains(shown) && page.contains("href=\"/outbox/stop\""), "{page}");
    }
    let (head, _) = server.ask("GET", "/outbox/stop", &reader, "");
    assert!(head.starts_with("HTTP/1.1 403"), "who may not is not asked: {head}");
    let (_, page) = server.ask("GET", "/outbox/stop?undone=1", &ann, "");
    assert!(page.contains("It is not done yet."), "{page}");
    world.run(&["stop"]).ends(1).warns(&["store-locked", "Outbox page"]);
    world.run(&["outbox", "list"]).ends(0).says(&["no dead letters"]);
}

/// A house in which two people must agree, and a next version that one of them signed.
fn of_two() -> World {
    let world = new();
    let key = world.run(&["policy", "keygen", "ann.key"]).ends(0).out;
    let house = format!("[rules]\nsigners = [\"{}\"]\nfour_eyes = true\n", key.trim());
    world.write("bellwether-data/bellwether.toml", &house);
    for (path, text) in world::BUNDLE {
        world.write(&format!("next/{path}"), &text.replace("1.0.0", "1.1.0"));
    }
    world.run(&["policy", "sign", "next", "--key", "ann.key"]).ends(0);
    world
}

/// The first who signs in, as an admin.
fn root(server: &mut Server) -> String {
    let token = server.line_with("/first?token=").rsplit('=').next().unwrap().to_owned();
    let form = format!("token={token}&name=root&password=correct+horse+battery");
    let (head, _) = server.ask("POST", "/first", "", &form);
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    format!("cookie: {}\r\n", cookie.split(';').next().unwrap())
}

#[test]
fn a_version_that_waits_is_shown_to_whoever_may_approve_it() {
    let world = of_two();
    let mut server = Server::start(&world);
    let cookie = root(&mut server);
    let (head, _) = server.ask("GET", "/rules", &cookie, "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    // First it waits and then it is in shadow: neither puts anything in force.
    for mode in ["--enforce", "--shadow"] {
        let version = if mode == "--shadow" { "1.2.0" } else { "1.1.0" };
        world.write("next/bundle.yaml", &world::BUNDLE[0].1.replace("1.0.0", version));
        world.run(&["policy", "sign", "next", "--key", "ann.key"]).ends(0);
        let said = world.run(&["policy", "apply", "next", mode, "--reason", "fewer calls"]).ends(0);
        let digest = said.out.split(' ').next().unwrap();
        for part in ["diff", "proofs", "overrides"] {
            for path in [format!("/rules/{digest}/{part}"), format!("/v1/rules/{digest}/{part}")] {
                let (head, body) = server.ask("GET", &path, &cookie, "");
                assert!(head.starts_with("HTTP/1.1 200"), "{mode} {path}: {head}{body}");
            }
        }
    }
}

#[test]
fn whoever_approves_rules_is_known_and_says_what_they_were_shown() {
    let world = of_two();
    let mut server = Server::start(&world);
    let cookie = root(&mut server);
    let (_, me) = server.ask("GET", "/v1/me", &cookie, "");
    let me: serde_json::Value = serde_json::from_str(&me).unwrap();
    let link = |person| {
        let words = ["access", "link", me["account"].as_str().unwrap(), "--person", person];
        world.run(&words).ends(0);
    };
    let apply = |more: &[&str]| {
        let words = ["policy", "apply", "next", "--reason", "fewer calls"];
        world.run(&[&words[..], more].concat())
    };
    // What the server asks for holds, whatever the command's own configuration says.
    world.write("alone.toml", "");
    apply(&["--config", "alone.toml"]).ends(1).warns(&["rollout-four-eyes"]);
    let waits = apply(&["--canary", "10"]).ends(0).out;
    let digest = waits.split(' ').next().unwrap();
    let page = format!("/rules/{digest}/approve");
    let open = |part: &str| {
        let (head, body) = server.ask("GET", &page, &cookie, "");
        assert!(body.contains(part), "{part}: {head}{body}");
        (head, body)
    };
    let (head, _) = open("rollout-person");
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    let (head, body) = server.ask("GET", &page.replace("approve", "begin"), &cookie, "");
    assert!(head.starts_with("HTTP/1.1 403") && body.contains("rollout-person"), "{head}{body}");
    link("ann");
    let (head, _) = open("access-four-eyes");
    assert!(head.starts_with("HTTP/1.1 403"), "who proposed does not approve: {head}");
    link("bob");
    let (_, shown) = open("canary 10 %");
    for part in [digest, "ann", "fewer calls", "name=\"percent\" value=\"10\""] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let csrf = shown.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap();
    let send = |how: &str| {
        let form = format!("csrf={csrf}&reason=agreed&{how}");
        server.ask("POST", &page, &cookie, &form)
    };
    // Meanwhile it is proposed for all: who was shown a canary has not agreed to that.
    apply(&["--enforce"]).ends(0);
    for (how, status) in [("mode=canary&percent=10", "409"), ("", "422"), ("mode=all", "422")] {
        let (head, body) = send(how);
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{how}: {head}{body}");
    }
    open("name=\"mode\" value=\"enforce\"");
    let (head, body) = send("mode=enforce");
    assert!(head.starts_with("HTTP/1.1 303"), "{head}{body}");
    let said = world.run(&["policy", "status", "--format", "json"]).ends(0).json();
    assert_eq!(
        (&said[1]["state"], &said[1]["approved"]["by"]),
        (&"in_force".into(), &"bob".into())
    );
}

/// The paths of this server that a page leads to.
fn links(page: &str) -> BTreeSet<String> {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.starts_with('/')).map(|link| link.replace("&amp;", "&")).collect()
}

#[test]
fn no_page_leads_to_one_that_does_not_open() {
    let world = World::with_deals();
    let mut server = Server::start(&world);
    let first = server.line_with("/first?token=").rsplit('=').next().unwrap().to_owned();
    let (_, page) = server.ask("GET", &format!("/first?token={first}"), "", "");
    assert!(page.contains("an admin") && page.contains("rel=\"stylesheet\""), "{page}");
    let join = |token: &str, name: &str| {
        let form = format!("token={token}&name={name}&password=correct+horse+battery");
        let (head, _) = server.ask("POST", "/first", "", &form);
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        format!("cookie: {}\r\n", cookie.split(';').next().unwrap())
    };
    let invited = |words: &[&str]| {
        let said = world.run(&[&["access", "invite", "--role"], words].concat()).ends(0).out;
        said.trim().rsplit('=').next().unwrap().to_owned()
    };
    let ann = join(&first, "ann");
    let (_, list) = server.ask("GET", "/escalations?state=all", &ann, "");
    let cases: Vec<_> =
        links(&list).into_iter().filter(|to| to.starts_with("/escalations/")).collect();
    assert!(!cases.is_empty(), "{list}");
    for (name, words) in
        [("ann", &[][..]), ("vic", &["viewer"][..]), ("kimmy", &["person", "--person", "kim"][..])]
    {
        let who = if words.is_empty() { ann.clone() } else { join(&invited(words), name) };
        let (mut led, mut seen) = (BTreeSet::new(), 0);
        for start in ["/", "/help"].into_iter().chain(cases.iter().map(String::as_str)) {
            let (head, page) = server.ask("GET", start, &who, "");
            if head.starts_with("HTTP/1.1 200") {
                seen += 1;
                led.extend(links(&page));
                assert!(page.contains(&format!("<a href=\"/profile\">{name}</a>")), "{page}");
            }
        }
        assert!(seen > 2, "{name} sees a question of their own");
        for to in &led {
            let (head, _) = server.ask("GET", to, &who, "");
            assert!(head.starts_with("HTTP/1.1 200"), "{name} is led to {to}: {head}");
        }
        // Nobody is asked for an answer that would then be refused.
        let (_, page) = server.ask("GET", &format!("{}/answer?answer=accept", cases[0]), &who, "");
        let code = if name == "kimmy" { "answer-stale" } else { "answer-not-yours" };
        assert!(page.contains(code) && !page.contains("Yes: "), "{name}: {page}");
        assert_eq!(led.contains("/accounts"), name != "kimmy");
        assert_eq!(led.iter().any(|to| to.starts_with("/log")), name == "ann");
    }
    let (head, page) = server.ask("GET", &format!("/first?token={first}"), "", "");
    assert!(head.starts_with("HTTP/1.1 410") && page.contains("href=\"/sign-in\""), "{page}");
}

#[test]
fn tokens_are_shown_once_and_revoked_at_once() {
    let world = new();
    let server = Server::start(&world);
    let made = ["access", "token", "create", "--label", "grafana", "--scope", "read,metrics"];
    let token = world.run(&made).ends(0).out.trim().to_owned();
    let bearer = format!("authorization: Bearer {token}\r\n");
    let (_, me) = server.ask("GET", "/v1/me", &bearer, "");
    assert!(me.contains("\"scopes\":[\"read\",\"metrics\"]"), "{me}");
    let id = token.split('_').nth(1).unwrap();
    let list = world.run(&["access", "token", "list"]).ends(0);
    list.says(&[id, "grafana", "read,metrics", "holds"]);
    assert!(!list.out.contains(token.rsplit('_').next().unwrap()), "{}", list.out);
    world.run(&["access", "token", "revoke", id]).ends(0);
    let (head, body) = server.ask("GET", "/v1/me", &bearer, "");
    assert!(head.starts_with("HTTP/1.1 401") && body.contains("access-token"), "{head}{body}");
    world.run(&["access", "token", "revoke", id]).ends(1).warns(&["access-unknown"]);
    world.run(&["access", "token", "create", "--label", "x", "--scope", "all"]).ends(64);
    world.run(&["access", "role", "u000000000000", "emergency"]).ends(64);
    world.run(&["access", "disable", "u000000000000"]).ends(1).warns(&["access-unknown"]);
}

#[test]
fn a_first_signal_needs_a_section_and_a_scope() {
    let world = World::new();
    world.run(&["config", "init"]).ends(1).warns(&["data-missing"]);
    world.run(&["init", "--bundle", "small"]).ends(0);
    let file = "bellwether-data/bellwether.toml";
    world.run(&["config", "check"]).ends(0).warns(&["there is no", file]);
    world.run(&["config", "init"]).ends(0).says(&[file]);
    world.run(&["config", "init"]).ends(1).warns(&["config-exists"]);
    world.run(&["config", "check"]).ends(0).warns(&["the configuration is", file]);
    let create = |scope| {
        let words = ["access", "token", "create", "--label", "x", "--source", "helpdesk"];
        world.run(&[&words[..], &["--scope", scope]].concat()).ends(0)
    };
    create("signals:write").warns(&["no section [sources.helpdesk]", file]);
    world.write(
        file,
        "[server]\npublic_url = \"https://bw.example\"\n[sources.helpdesk]\nkind = \"events\"\n",
    );
    world.run(&["config", "check"]).ends(0).says(&["nothing to mend"]);
    let invited = world.run(&["access", "invite", "--role", "viewer"]).ends(0);
    invited.says(&["https://bw.example/first?token="]);
    let server = Server::start(&world);
    let read = world.run(&["access", "token", "create", "--label", "y", "--scope", "read"]).ends(0);
    let write = create("signals:write");
    assert!(!write.err.contains("warning"), "{}", write.err);
    // What this talker sends is a form: whoever may send is told that it is no event.
    let cases = [
        (read, "403", "access-denied"),
        (create("read"), "403", "access-denied"),
        (write, "415", "intake-content-type"),
    ];
    for (token, status, code) in cases {
        let bearer = format!("authorization: Bearer {}\r\n", token.out.trim());
        let (head, body) = server.ask("POST", "/v1/signals", &bearer, "");
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}{body}");
        assert!(body.contains(code), "{body}");
    }
    server.end();
    // A misspelt key hides nothing of what the other sections name.
    world.write(
        file,
        "[server]\nlisen = \"x\"\n[channels.cards]\nkind = \"file\"\nfolder = \"nowhere\"\n",
    );
    let found = world.run(&["config", "check"]).ends(2);
    found.says(&["config-unknown-key", "config-file", "nowhere"]);
}

#[test]
fn an_emergency_is_in_the_log() {
    let world = new();
    let made = world.run(&["access", "breakglass", "create"]).ends(0).out;
    let word = |lead: &str| {
        let line = made.lines().find_map(|line| line.strip_prefix(lead));
        line.unwrap().trim().to_owned()
    };
    let (account, name, password) = (word("account"), word("name"), word("password"));
    let server = Server::start(&world);
    let form = format!("name={name}&password={password}");
    let (head, _) = server.ask("POST", "/sign-in", "", &form);
    assert!(head.starts_with("HTTP/1.1 401"), "it is disabled: {head}");
    world.run(&["access", "enable", &account]).ends(0);
    let (head, _) = server.ask("POST", "/sign-in", "", &form);
    assert!(head.starts_with("HTTP/1.1 303"), "{head}");
    let (_, seconds) = head.split_once("Max-Age=").unwrap();
    let seconds: i64 = seconds.split(';').next().unwrap().parse().unwrap();
    assert!((3500..=3600).contains(&seconds), "an hour at most: {head}");
    world.run(&["access", "breakglass", "list"]).ends(2).says(&[&account]);
    server.end();
    world.run(&["log", "export", "out"]).ends(0);
    let mut leaves = Vec::new();
    for entry in std::fs::read_dir(world.path("out/tile/entries")).unwrap() {
        let path = entry.unwrap().path();
        let files = match path.is_dir() {
            true => std::fs::read_dir(path).unwrap().map(|file| file.unwrap().path()).collect(),
            false => vec![path],
        };
        files.iter().for_each(|file| leaves.extend(std::fs::read(file).unwrap()));
    }
    let leaves = String::from_utf8_lossy(&leaves).into_owned();
    assert!(leaves.contains("access.breakglass") && leaves.contains(&account), "{leaves}");
    assert!(!leaves.contains(&name), "names are nobody's business");
}
