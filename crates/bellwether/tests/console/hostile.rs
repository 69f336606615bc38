//! Two hundred ways to write markup, scripts and formulas into what comes from outside: all of them are text.

use crate::served::Served;
use crate::world::World;
use std::fmt::Write as _;

const SEEDS: [&str; 25] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)' autofocus='",
    "<a href=javascript:alert(1)>x</a>",
    "<iframe src=//evil.example></iframe>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<base href=//evil.example>",
    "<form action=//evil.example><input name=q>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "<!--<script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<math><mtext></mtext><script>alert(1)</script>",
    "=HYPERLINK(\"http://evil.example\")<b>",
    "{{7*7}}${7*7}<%= 7*7 %>",
];

/// Each of them in eight settings.
fn payloads() -> Vec<String> {
    let settings = ["{}", "a{}", "{}z", "@{}", "+{}", "-{}\u{202e}", "\u{0}{}", "é {} ß"];
    let all = settings.iter().flat_map(|setting| {
        SEEDS.iter().map(|seed| setting.replace("{}", seed).replace('\u{0}', "\u{fffd}"))
    });
    all.enumerate().map(|(nth, text)| format!("{text} {nth:03}")).collect()
}

/// Whether a page has any markup that is not its own.
#[track_caller]
fn is_clean(path: &str, body: &str, payload: Option<&str>) {
    let lower = body.to_lowercase();
    for never in [
        "<script",
        "<img src=x",
        "<iframe",
        "<style",
        "<base",
        "<math",
        "evil.example>",
        "<svg",
        "\" onmouseover",
        "<meta http-equiv",
        "<b>",
        "<!--",
        "<%=",
    ] {
        assert!(!lower.contains(never), "{path} has {never}");
    }
    if let Some(payload) = payload.filter(|text| text.contains(['<', '"'])) {
        assert!(!body.contains(payload), "{path} has it as it was sent: {payload}");
    }
}

#[test]
fn names_and_ids_from_outside_are_text() {
    let world = World::new();
    world.run(&["init", "--bundle", "customer-escalation"]).ends(0);
    let mut csv = String::from(
        "account_id,name,domain,industry,employees,annual_revenue,currency,country,region,tier,strategic,\
         segment,renewal_date,owner_email,updated_at\n",
    );
    let all = payloads();
    assert_eq!(all.len(), 200);
    for (nth, text) in all.iter().enumerate() {
        let quoted = format!("\"{}\"", text.replace('"', "\"\""));
        let _ = writeln!(
            csv,
            "{quoted},{quoted},d{nth}.example,{quoted},9,1000.00,EUR,DE,eu,smb,false,customer,,o@us.example,2026-06-01T00:00:{:02}Z",
            nth % 60
        );
    }
    world.write("accounts.csv", &csv);
    // A word that is too long for a field is a finding; the row is taken or refused, but not lost.
    let said = world.run(&["import", "firmographics=accounts.csv"]);
    assert!(!said.out.is_empty(), "{}", said.err);
    let served = Served::start(&world);
    let purpose = ["bellwether-purpose: audit-1"];
    let (mut shown, mut path) = (0, "/accounts?limit=50".to_owned());
    let mut accounts = Vec::new();
    loop {
        let page = served.send("GET", &path, &purpose, "");
        assert_eq!(page.status, 200, "{path}");
        is_clean(&path, &page.body, None);
        for text in &all {
            is_clean(&path, &page.body, Some(text));
        }
        shown += page.body.matches("data-label=\"Waiting\"").count();
        let links = page.body.split("href=\"/accounts/").skip(1);
        accounts.extend(links.filter_map(|part| part.split('"').next()).map(str::to_owned));
        let next =
            page.body.split("rel=\"next\" href=\"").nth(1).and_then(|part| part.split('"').next());
        match next {
            Some(next) => path = next.replace("&amp;", "&"),
            None => break,
        }
    }
    assert!(shown >= 100, "only {shown} accounts are shown");
    accounts.dedup();
    for account in accounts.iter().take(25) {
        let path = format!("/accounts/{account}");
        is_clean(&path, &served.send("GET", &path, &purpose, "").body, None);
    }
}

#[test]
fn what_a_request_says_comes_back_as_text() {
    let world = World::with_deals();
    let served = Served::start(&world);
    for text in payloads() {
        let sent: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for path in [
            format!("/accounts?q={sent}"),
            format!("/names?back={sent}"),
            format!("/?person={sent}"),
            format!("/decisions?outcome={sent}"),
            format!("/errors/{}", sent.replace('+', "%20")),
            format!("/try?graph={sent}"),
        ] {
            let page = served.get(&path);
            assert!((200..500).contains(&page.status), "{path}: {}", page.status);
            is_clean(&path, &page.body, Some(&text));
        }
    }
}
