//! The npm package `oidc-provider`: nobody here wrote it.

use super::*;
use crate::access::tests::web::browser::Answer;
use crate::access::tests::world::at;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oidc/provider.mjs");

/// The provider's process; it ends with its input.
struct Node {
    child: Child,
    /// Kept open: what it says goes nowhere, and is no error.
    _said: BufReader<ChildStdout>,
    issuer: String,
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

fn node(callback: &str) -> Option<Node> {
    let folder = std::env::var("BELLWETHER_OIDC_PROVIDER").ok()?;
    let entry = format!("{folder}/node_modules/oidc-provider/lib/index.js");
    if !std::path::Path::new(&entry).exists() {
        return None;
    }
    let mut child = Command::new("node")
        .args([SCRIPT, &format!("file://{entry}"), callback])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut issuer = String::new();
    let mut said = BufReader::new(child.stdout.take()?);
    said.read_line(&mut issuer).ok()?;
    Some(Node { child, _said: said, issuer: issuer.trim().to_owned() })
}

/// The real time, as the tests' clock counts it: the provider has no other.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    i64::try_from(since).unwrap() - at(0).micros() / 1_000_000
}

struct Scene {
    node: Node,
    world: World,
    served: Served,
}

async fn scene() -> Option<Scene> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback = format!("http://{}/oidc/callback", listener.local_addr().unwrap());
    let Some(node) = node(&callback) else {
        eprintln!(
            "skipped: BELLWETHER_OIDC_PROVIDER names no folder with oidc-provider, or no node"
        );
        return None;
    };
    let (world, served) = world(listener, &node.issuer, now()).await;
    Some(Scene { node, world, served })
}

impl Scene {
    fn at_provider(&self) -> Browser {
        let address = self.node.issuer.strip_prefix("http://").unwrap().parse().unwrap();
        Browser::new(&Served { address })
    }

    /// Signs in and consents there; gives the path and query with which the browser is called back.
    async fn pass(&self, there: &mut Browser, url: &Url, name: &str) -> String {
        let mut path = format!("{}?{}", url.path(), url.query().unwrap());
        for _ in 0..12 {
            let answer = there.get(&path).await;
            let answer = match answer.status {
                200 => fill(there, &path, &answer, name).await,
                _ => answer,
            };
            let to = answer.header("location").unwrap_or_else(|| panic!("{answer:?}"));
            match to.strip_prefix(&format!("http://{}", self.served.address)) {
                Some(back) => return back.to_owned(),
                None => path = to.replace(&self.node.issuer, ""),
            }
        }
        panic!("the provider goes round in circles");
    }

    async fn sign_in(&self, name: &str) -> (Browser, Answer) {
        let mut browser = Browser::new(&self.served);
        let url = begin(&mut browser, &[("next", "/profile")]).await;
        let back = self.pass(&mut self.at_provider(), &url, name).await;
        let answer = browser.get(&back).await;
        (browser, answer)
    }
}

async fn fill(there: &mut Browser, path: &str, page: &Answer, name: &str) -> Answer {
    let fields = match page.body.contains("value=\"login\"") {
        true => vec![("prompt", "login"), ("login", name), ("password", "any")],
        false => vec![("prompt", "consent")],
    };
    there.post(path, &fields).await
}

#[track_caller]
fn refused(answer: &Answer, part: &str) {
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert!(answer.body.contains(part), "{}", answer.body);
    let session = answer.header("set-cookie").unwrap_or_default();
    assert!(!session.starts_with("bellwether="), "{session}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_way_and_back_again() {
    let Some(scene) = scene().await else { return };
    let (mut boss, answer) = scene.sign_in("boss").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/profile")), "{answer:?}");
    let profile = boss.get("/profile").await;
    assert!(profile.body.contains("boss@example.org") && profile.body.contains("admin"));
    // The provider's word is not fresh enough for what cannot be taken back.
    let asked_again = boss.get("/stop").await;
    assert_eq!(asked_again.header("location"), Some("/step-up?next=%2Fstop"));
    let page = boss.get("/step-up?next=%2Fstop").await;
    let url = begin(&mut boss, &[("csrf", &page.csrf()), ("next", "/stop")]).await;
    let query = asked(&url);
    assert_eq!((query["prompt"].as_str(), query["max_age"].as_str()), ("login", "300"));
    let back = scene.pass(&mut scene.at_provider(), &url, "boss").await;
    scene.world.set(now());
    let before = boss.cookies.clone();
    let proved = boss.get(&back).await;
    assert_eq!(proved.header("location"), Some("/stop"), "{}", proved.body);
    assert_ne!(boss.cookies, before, "another secret");
    assert_eq!(boss.get("/stop").await.body, "done");
    // Somebody else's proof is none.
    let csrf = boss.get("/profile").await.csrf();
    let url = begin(&mut boss, &[("csrf", &csrf), ("next", "/stop")]).await;
    let back = scene.pass(&mut scene.at_provider(), &url, "clerk").await;
    refused(&boss.get(&back).await, "somebody else");
    // Whoever comes again is known.
    let (_, again) = scene.sign_in("boss").await;
    assert_eq!(again.status, 303);
    assert_eq!(scene.world.accounts().users().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_come_in() {
    let Some(scene) = scene().await else { return };
    refused(&scene.sign_in("unverified").await.1, "not verified");
    refused(&scene.sign_in("guest").await.1, "no group");
    let (_, clerk) = scene.sign_in("clerk").await;
    assert_eq!(clerk.status, 303);
    let user = scene.world.accounts().users().unwrap().remove(0);
    assert_eq!((user.kind.as_str(), user.role.as_str()), ("oidc", "viewer"));
    scene.world.change(&[Change::Enable(&user.id, false)]);
    let (_, disabled) = scene.sign_in("clerk").await;
    assert_eq!(disabled.status, 401, "{}", disabled.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_and_answers_work_once_and_only_where_they_belong() {
    let Some(scene) = scene().await else { return };
    let mut browser = Browser::new(&scene.served);
    let url = begin(&mut browser, &[]).await;
    let back = scene.pass(&mut scene.at_provider(), &url, "clerk").await;
    let copied = browser.clone();
    // In another browser, which began nothing.
    refused(&Browser::new(&scene.served).get(&back).await, "began no sign-in");
    assert_eq!(browser.get(&back).await.status, 303);
    // The same answer again, by the same browser.
    refused(&copied.clone().get(&back).await, "began no sign-in");
    // The same code in another sign-in of theirs: the provider refuses it.
    let mut again = Browser::new(&scene.served);
    let state = asked(&begin(&mut again, &[]).await)["state"].clone();
    let old = asked(&url)["state"].clone();
    refused(&again.get(&back.replace(&old, &state)).await, "did not take the code");
    // An answer to somebody else's question.
    let mut victim = Browser::new(&scene.served);
    begin(&mut victim, &[]).await;
    refused(&victim.get(&back).await, "another sign-in");
    // From another issuer (RFC 9207), or from none.
    let issuer = form_encoded(&scene.node.issuer);
    for (from, to) in [(issuer.as_str(), "http%3A%2F%2Fevil.example"), ("iss=", "nil=")] {
        let mut browser = Browser::new(&scene.served);
        let url = begin(&mut browser, &[]).await;
        let back = scene.pass(&mut scene.at_provider(), &url, "clerk").await;
        assert!(back.contains(from), "{back}");
        refused(&browser.get(&back.replace(from, to)).await, "another issuer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_on_the_way_is_refused() {
    let Some(scene) = scene().await else { return };
    let (nonce, challenge) = ("nonce", "code_challenge");
    for (key, value, part) in [
        (nonce, "another", "belongs to another sign-in"),
        (challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "did not take the code"),
        ("client_id", "other", "did not take the code"),
    ] {
        let mut browser = Browser::new(&scene.served);
        let mut url = begin(&mut browser, &[]).await;
        let query = asked(&url).into_iter().map(|(name, old)| match name == key {
            true => (name, value.to_owned()),
            false => (name, old),
        });
        let query: Vec<_> = query.collect();
        url.query_pairs_mut().clear().extend_pairs(query);
        let back = scene.pass(&mut scene.at_provider(), &url, "clerk").await;
        refused(&browser.get(&back).await, part);
    }
    // Two hours later the token of this very moment has expired.
    scene.world.set(now() + 7200);
    refused(&scene.sign_in("clerk").await.1, "expired");
}

fn form_encoded(text: &str) -> String {
    openidconnect::url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
