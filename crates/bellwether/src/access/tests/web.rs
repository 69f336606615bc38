//! The routes over real HTTP: pages, cookies, forms, refusals, and who may ask for what.

pub(crate) mod browser;

use super::world::{PASSWORD, World, at, personal};
use crate::access::answer::guarded;
use crate::access::{Action, Principal, Role, Scope, headers, identify, link, routes};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use bellwether_store::Change;
use browser::{Browser, Served};
use std::sync::Arc;

/// The routes of access, and one each for a few actions.
pub(crate) fn all(world: &World) -> Router {
    let desk = &world.desk;
    let mut all = Router::new().route("/v1/hooks/crm", post(|| async { "taken" }));
    for (path, action) in [
        ("/v1/decisions", Action::ReadDecisions),
        ("/metrics", Action::ReadMetrics),
        ("/stop", Action::StopSwitch),
    ] {
        let route = get(|| async { "done" }).post(|| async { "done" });
        all = all.merge(guarded(Router::new().route(path, route), desk, action));
    }
    let all = all.merge(routes(desk));
    let all = all.layer(from_fn_with_state(Arc::clone(desk), identify));
    all.layer(from_fn_with_state(Arc::clone(desk), headers))
}

async fn served(world: &World) -> Served {
    Served::start(all(world)).await
}

#[tokio::test]
async fn from_the_first_link_to_signing_out() {
    let world = World::new();
    let served = served(&world).await;
    let mut ann = Browser::new(&served);
    let link = world.desk.first_link(at(0)).unwrap().unwrap();
    let page = ann.get(&format!("/first?token={link}")).await;
    assert_eq!(page.status, 200);
    let form = [("token", link.as_str()), ("name", "ann@x.org"), ("password", PASSWORD)];
    let made = ann.post("/first", &form).await;
    assert_eq!((made.status, made.header("location")), (303, Some("/")));
    let cookie = made.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"), "{cookie}");
    let profile = ann.get("/profile").await;
    assert!(profile.body.contains("ann@x.org") && profile.body.contains("this one"));
    let out = ann.post("/sign-out", &[]).await;
    assert_eq!((out.status, out.header("location")), (403, None), "without the form's field");
    let out = ann.post("/sign-out", &[("csrf", &profile.csrf())]).await;
    assert_eq!((out.status, out.header("location")), (303, Some("/sign-in")));
    let away = ann.get("/profile").await;
    assert_eq!(away.header("location"), Some("/sign-in?next=%2Fprofile"));
    let form = [("name", "ann@x.org"), ("password", "wrong password!"), ("next", "/profile")];
    let refused = ann.post("/sign-in", &form).await;
    assert_eq!((refused.status, refused.header("set-cookie")), (401, None));
    let form = [("name", "ann@x.org"), ("password", PASSWORD), ("next", "/profile")];
    assert_eq!(ann.post("/sign-in", &form).await.header("location"), Some("/profile"));
    assert_eq!(ann.get("/profile").await.status, 200);
    assert_eq!(ann.get(&format!("/first?token={link}")).await.status, 410, "used");
}

#[tokio::test]
async fn a_stolen_session_dies_with_its_owners_wish() {
    let world = World::new();
    world.admin();
    let served = served(&world).await;
    let mut ann = Browser::signed_in(&served, "ann").await;
    let mut thief = ann.clone();
    assert_eq!(thief.get("/profile").await.status, 200);
    let csrf = ann.get("/profile").await.csrf();
    ann.post("/sign-out", &[("csrf", &csrf), ("everywhere", "yes")]).await;
    assert_eq!(thief.get("/profile").await.status, 303, "sent to the sign-in");
}

#[tokio::test]
async fn one_of_several_sessions_is_ended_from_the_list() {
    let world = World::new();
    world.admin();
    let served = served(&world).await;
    let (mut here, mut there) =
        (Browser::signed_in(&served, "ann").await, Browser::signed_in(&served, "ann").await);
    let page = here.get("/profile").await;
    let number = page.field("number");
    here.post("/profile/end", &[("csrf", &page.csrf()), ("number", &number)]).await;
    // The list begins with the newest: `there`, as nobody is `here`'s own.
    assert_eq!(there.get("/profile").await.status, 303);
    assert_eq!(here.get("/profile").await.status, 200);
}

#[tokio::test]
async fn what_no_page_of_ours_sent_changes_nothing() {
    let world = World::new();
    world.admin();
    let served = served(&world).await;
    let mut ann = Browser::signed_in(&served, "ann").await;
    let csrf = ann.get("/profile").await.csrf();
    let mut other = Browser::signed_in(&served, "ann").await;
    let of_other = other.get("/profile").await.csrf();
    let own = format!("http://{}", served.address);
    for (origin, site, sent) in [
        (Some("http://evil.example"), Some("cross-site"), csrf.as_str()),
        (Some(own.as_str()), Some("cross-site"), &csrf),
        (Some("null"), None, &csrf),
        (None, None, &csrf),
        (Some(&own), Some("same-origin"), ""),
        (Some(&own), Some("same-origin"), "guess"),
        (Some(&own), Some("same-origin"), &of_other),
    ] {
        (ann.origin, ann.site) = (origin.map(str::to_owned), site.map(str::to_owned));
        let answer = ann.post("/sign-out", &[("csrf", sent)]).await;
        assert_eq!(answer.status, 403, "{origin:?} {site:?} {sent}");
        assert!(answer.body.contains("access-foreign"), "{}", answer.body);
    }
    // Nobody is signed in from elsewhere either.
    let mut evil = Browser::new(&served);
    evil.origin = Some("http://evil.example".to_owned());
    let form = [("name", "ann"), ("password", PASSWORD)];
    assert_eq!(evil.post("/sign-in", &form).await.status, 403);
    (ann.origin, ann.site) = (Some(own), None);
    assert_eq!(ann.get("/sign-out").await.status, 405, "nothing changes on GET");
    assert_eq!(ann.get("/profile").await.status, 200, "still signed in");
    // Programs that have no session are none of this business.
    let mut hook = Browser::new(&served);
    hook.origin = None;
    assert_eq!(hook.post("/v1/hooks/crm", &[]).await.body, "taken");
}

#[tokio::test]
async fn a_scanner_that_follows_links_and_posts_forms_gets_nowhere() {
    let world = World::new();
    let ann = world.admin();
    let served = served(&world).await;
    let reset = link::For::Reset { account: &ann };
    let secret = link::make(&mut world.accounts(), &reset, "command", at(0)).unwrap();
    let mut scanner = Browser::new(&served);
    for path in [format!("/first?token={secret}"), "/stop".to_owned(), "/emergencies".to_owned()] {
        scanner.get(&path).await;
        scanner.send("HEAD", &path, &[], "").await;
    }
    scanner.origin = None;
    scanner.post("/first", &[("token", &secret)]).await;
    scanner.post("/stop", &[]).await;
    assert!(world.desk.link(&secret, at(1)).is_ok(), "the link still holds");
}

#[tokio::test]
async fn a_strong_action_asks_for_the_password_again_and_goes_back() {
    let world = World::new();
    world.admin();
    let served = served(&world).await;
    let mut ann = Browser::signed_in(&served, "ann").await;
    assert_eq!(ann.get("/stop?all=1").await.body, "done");
    world.set(301);
    let asked = ann.get("/stop?all=1").await;
    assert_eq!(asked.header("location"), Some("/step-up?next=%2Fstop%3Fall%3D1"));
    let page = ann.get("/step-up?next=%2Fstop%3Fall%3D1").await;
    let (next, csrf) = (page.field("next"), page.csrf());
    let form = [("csrf", csrf.as_str()), ("next", &next), ("password", "wrong password!")];
    assert_eq!(ann.post("/step-up", &form).await.status, 401);
    let before = ann.clone();
    let form = [("csrf", csrf.as_str()), ("next", &next), ("password", PASSWORD)];
    assert_eq!(ann.post("/step-up", &form).await.header("location"), Some("/stop?all=1"));
    assert_eq!(ann.get("/stop?all=1").await.body, "done");
    assert_ne!(before.cookies, ann.cookies, "another secret");
    assert_eq!(before.clone().get("/profile").await.status, 303, "the old one is gone");
    // A yes that came too late is not lost in silence: the way leads back to its form, which says so.
    world.set(602);
    let csrf = ann.get("/profile").await.csrf();
    let late = ann.post("/stop", &[("csrf", &csrf)]).await;
    let way = "/step-up?next=%2Fstop%3Fundone%3D1&undone=1";
    assert_eq!((late.status, late.header("location")), (303, Some(way)));
    let page = ann.get(way).await;
    assert!(page.body.contains("Nothing is done yet"), "{}", page.body);
    let (next, csrf) = (page.field("next"), page.csrf());
    let form = [("csrf", csrf.as_str()), ("next", &next), ("password", PASSWORD)];
    assert_eq!(ann.post("/step-up", &form).await.header("location"), Some("/stop?undone=1"));
    let token = world.token(&[Scope::Admin, Scope::Read]);
    let mut program = Browser::bearer(&served, &token);
    assert_eq!(program.get("/stop").await.status, 403, "no program ever may");
}

#[tokio::test]
async fn refusals_as_programs_and_people_read_them() {
    let world = World::new();
    world.admin();
    let served = served(&world).await;
    let nobody = Browser::new(&served).get("/v1/decisions").await;
    assert_eq!(nobody.header("content-type"), Some("application/problem+json"));
    assert_eq!(nobody.header("www-authenticate"), Some("Bearer"));
    expect_test::expect![[r#"
        401 {"type":"/errors/access-nobody","title":"Access nobody","status":401,"detail":"this takes a sign-in or a token","code":"access-nobody","help":"sign in, or send `Authorization: Bearer` with a token"}"#]]
    .assert_eq(&format!("{} {}", nobody.status, nobody.body));
    let token = world.token(&[Scope::Metrics]);
    let denied = Browser::bearer(&served, &token).get("/v1/decisions").await;
    expect_test::expect![[r#"
        403 {"type":"/errors/access-denied","title":"Access denied","status":403,"detail":"this account or token may not do that","code":"access-denied","help":"an admin can give another role, or a token of another scope"}"#]]
    .assert_eq(&format!("{} {}", denied.status, denied.body));
    for (wrong, code) in [
        ("Bearer bw_t_x", "access-token"),
        ("bearer  bw_", "access-token"),
        ("Bearer another-scheme", "access-nobody"),
        ("Basic YW5uOnB3", "access-nobody"),
        ("bw_t_x", "access-nobody"),
        ("Bearer", "access-nobody"),
    ] {
        let mut wrong_one = Browser::new(&served);
        wrong_one.authorization = Some(wrong.to_owned());
        let refused = wrong_one.get("/v1/decisions").await;
        assert_eq!(refused.status, 401, "{wrong}");
        assert!(refused.body.contains(code), "{wrong}: {}", refused.body);
    }
    // A token that does not hold is refused even where a session would do.
    let mut both = Browser::signed_in(&served, "ann").await;
    assert_eq!(both.get("/v1/decisions").await.status, 200);
    both.authorization = Some("Bearer bw_t_x".to_owned());
    assert_eq!(both.get("/v1/decisions").await.status, 401);
}

#[tokio::test]
async fn too_many_guesses_are_told_when_to_come_back() {
    let world = World::new();
    world.admin();
    let served = served(&world).await;
    let mut guesser = Browser::new(&served);
    for _ in 0..10 {
        let form = [("name", "ann"), ("password", "wrong password!")];
        assert_eq!(guesser.post("/sign-in", &form).await.status, 401);
    }
    let form = [("name", "ann"), ("password", PASSWORD)];
    let paused = guesser.post("/sign-in", &form).await;
    assert_eq!((paused.status, paused.header("retry-after")), (429, Some("900")));
}

#[tokio::test]
async fn every_answer_tells_browsers_what_not_to_do() {
    let world = World::new();
    let served = served(&world).await;
    let mut anybody = Browser::new(&served);
    for path in ["/sign-in", "/nowhere", "/profile", "/v1/decisions", "/first?token=x"] {
        let answer = anybody.get(path).await;
        for (name, value) in [
            (
                "content-security-policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                 connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
            ),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}: {name}");
        }
        assert_eq!(answer.header("strict-transport-security"), None, "no TLS");
    }
    let settings = crate::access::Settings { tls: true, ..Default::default() };
    let with_tls = World::with(settings);
    let served = super::web::served(&with_tls).await;
    let answer = Browser::new(&served).get("/sign-in").await;
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
}

#[tokio::test]
async fn what_people_type_is_never_markup() {
    let world = World::new();
    let served = served(&world).await;
    let mut ann = Browser::new(&served);
    let link = world.desk.first_link(at(0)).unwrap().unwrap();
    let name = "<script>alert(1)</script>\"'&";
    let form = [("token", link.as_str()), ("name", name), ("password", PASSWORD)];
    assert_eq!(ann.post("/first", &form).await.status, 303);
    let page = ann.get("/profile").await.body;
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    let page = ann.get("/sign-in?next=%22%3E%3Cscript%3E").await.body;
    assert!(!page.contains("<script"), "{page}");
    let page = ann.get("/first?token=%22%3E%3Cscript%3E").await.body;
    assert!(!page.contains("<script"), "{page}");
}

#[tokio::test]
async fn every_route_and_role() {
    let table = "
                    nobody admin operator approver auditor viewer person emergency  read metrics admin-token
GET /sign-in           200   200      200      200     200    200    200       200   200     200         200
GET /profile           303   200      200      200     200    200    200       200   403     403         403
GET /step-up           303   200      200      200     200    200    200       200   403     403         403
GET /emergencies       303   200      403      403     403    403    403       403   403     403         403
GET /v1/me             401   200      200      200     200    200    200       200   200     200         200
GET /v1/access/trail   401   200      403      403     200    403    403       200   403     403         200
GET /v1/decisions      401   200      200      200     200    200    403       200   200     403         403
GET /metrics           401   200      200      403     200    403    403       200   403     200         403
GET /stop              303   200      200      403     403    403    403       200   403     403         403
POST /stop             303   200      200      403     403    403    403       200   403     403         403
";
    let world = World::new();
    let ann = world.admin();
    let served = served(&world).await;
    let mut lines = table.trim().lines();
    let heads: Vec<_> = lines.next().unwrap().split_whitespace().collect();
    let rows: Vec<Vec<_>> = lines.map(|line| line.split_whitespace().collect()).collect();
    for (column, head) in heads.iter().enumerate() {
        let mut who = match (*head, Role::from_word(head)) {
            ("nobody", _) => Browser::new(&served),
            ("read", _) => Browser::bearer(&served, &world.token(&[Scope::Read])),
            ("metrics", _) => Browser::bearer(&served, &world.token(&[Scope::Metrics])),
            ("admin-token", _) => Browser::bearer(&served, &world.token(&[Scope::Admin])),
            (_, role) => {
                world.change(&[Change::Role(&ann, role.unwrap().as_str())]);
                Browser::signed_in(&served, "ann").await
            }
        };
        let session = who.authorization.is_none() && *head != "nobody";
        let csrf = if session { who.get("/profile").await.csrf() } else { String::new() };
        for row in &rows {
            let (method, path, expected) = (row[0], row[1], row[2 + column]);
            let answer = match method {
                "POST" => who.post(path, &[("csrf", &csrf)]).await,
                _ => who.get(path).await,
            };
            assert_eq!(answer.status.to_string(), expected, "{head}: {method} {path}");
        }
    }
}

#[tokio::test]
async fn nobody_is_somebody_with_a_cookie_that_was_planted() {
    let world = World::new();
    world.admin();
    let served = served(&world).await;
    let mut planted = Browser::signed_in(&served, "ann").await;
    let one = planted.cookies.clone();
    planted.cookies.extend(one);
    assert_eq!(planted.get("/profile").await.status, 303, "two of one name are none");
    let nobody = world.desk.may(
        &Principal::Nobody,
        Action::ReadDecisions,
        &crate::access::Resource::House,
        at(0),
    );
    assert!(nobody.is_err());
    let name = personal("ann");
    assert_eq!(format!("{name:?}"), "[personal]");
}
