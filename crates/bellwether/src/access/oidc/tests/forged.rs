//! A provider that lies in one thing at a time. Its key signs, so that only the claims are wrong.

use super::*;
use crate::access::tests::world::at;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{get, post};
use axum::{Router, response::IntoResponse as _};
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm as Signature};
use openidconnect::{JsonWebKeyId, PrivateSigningKey as _};
use serde_json::{Value, json};

/// The example key of RFC 8410, section 10.3: everybody knows it.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

/// What the provider says; a test changes it between two requests.
#[derive(Clone)]
struct Said {
    issuer: String,
    token: Arc<Mutex<String>>,
}

fn key() -> CoreEdDsaPrivateSigningKey {
    let id = JsonWebKeyId::new("k".to_owned());
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(KEY, Some(id)).unwrap()
}

fn signed(claims: &Value) -> String {
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    let head = json!({ "alg": "EdDSA", "kid": "k" });
    let message = format!("{}.{}", part(&head), part(claims));
    let signature = key().sign(&Signature::EdDsa, message.as_bytes()).unwrap();
    format!("{message}.{}", base64url(&signature))
}

fn base64url(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let mut word = [0; 4];
        word[1..=three.len()].copy_from_slice(three);
        let bits = u32::from_be_bytes(word);
        for sign in 0..=three.len() {
            text.push(char::from(SIGNS[(bits >> (18 - 6 * sign)) as usize & 63]));
        }
    }
    text
}

fn as_json(body: &Value) -> axum::response::Response {
    ([(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

async fn published(State(said): State<Said>) -> axum::response::Response {
    let at = |path: &str| format!("{}/{path}", said.issuer);
    as_json(&json!({
        "issuer": said.issuer,
        "authorization_endpoint": at("auth"),
        "token_endpoint": at("token"),
        "jwks_uri": at("keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
    }))
}

async fn keys() -> axum::response::Response {
    as_json(&json!({ "keys": [key().as_verification_key()] }))
}

async fn token(State(said): State<Said>) -> axum::response::Response {
    let token = said.token.lock().unwrap().clone();
    as_json(&json!({ "access_token": "a", "token_type": "Bearer", "id_token": token }))
}

/// Changes one claim of a good token; `null` takes it away.
fn changed(good: &Value, claim: &str, value: &Value) -> Value {
    let mut claims = good.clone();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(claim)),
        value => claims[claim] = value.clone(),
    }
    claims
}

struct Liar {
    said: Said,
    world: World,
    served: Served,
}

impl Liar {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let said = Said { issuer: issuer.clone(), token: Arc::default() };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(published))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(said.clone());
        Served::on(listener, routes);
        let ours = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (world, served) = world(ours, &issuer, 0).await;
        Self { said, world, served }
    }

    fn good(&self, nonce: &str) -> Value {
        let now = at(0).micros() / 1_000_000;
        json!({
            "iss": self.said.issuer, "aud": "bellwether", "sub": "s1", "nonce": nonce,
            "iat": now, "exp": now + 60, "email": "clerk@example.org", "email_verified": true,
            "groups": ["staff"],
        })
    }

    /// One sign-in with what a lie makes of a good token: the status and the page.
    async fn tell(&self, lie: impl FnOnce(Value) -> String) -> (u16, String) {
        let mut browser = Browser::new(&self.served);
        let query = asked(&begin(&mut browser, &[]).await);
        *self.said.token.lock().unwrap() = lie(self.good(&query["nonce"]));
        let back = format!("/oidc/callback?code=c&state={}", query["state"]);
        let answer = browser.get(&back).await;
        (answer.status, answer.body)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_claim_is_enough() {
    let liar = Liar::start().await;
    let now = at(0).micros() / 1_000_000;
    for (claim, value, part) in [
        ("iat", json!(now), ""),
        ("groups", json!("staff"), ""),
        ("azp", json!("bellwether"), ""),
        ("aud", json!(["bellwether"]), ""),
        ("aud", json!("other"), "another client"),
        ("aud", json!(["bellwether", "other"]), "another client"),
        ("azp", json!("other"), "another client"),
        ("iss", json!("http://evil.example"), "another issuer"),
        ("nonce", json!("replayed"), "another sign-in"),
        ("nonce", Value::Null, "another sign-in"),
        ("exp", json!(now), "expired"),
        ("email_verified", json!(false), "not verified"),
        ("email_verified", Value::Null, "not verified"),
        ("email", Value::Null, "no mail address"),
        ("groups", json!(["strangers"]), "no group"),
        ("groups", Value::Null, "no group"),
        ("sub", Value::Null, "the provider did not take the code"),
    ] {
        let (status, page) = liar.tell(|good| signed(&changed(&good, claim, &value))).await;
        let expected = if part.is_empty() { 303 } else { 401 };
        assert_eq!(status, expected, "{claim} {value}: {page}");
        assert!(page.contains(part), "{claim} {value}: {page}");
        assert!(!page.contains("clerk"), "{page}");
    }
    assert_eq!(liar.world.accounts().users().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_does_not_fit_is_none() {
    let liar = Liar::start().await;
    let with_head = |head: Value, good: &Value| {
        let whole = signed(good);
        let (_, rest) = whole.split_once('.').unwrap();
        format!("{}.{rest}", base64url(head.to_string().as_bytes()))
    };
    let other = |good: &Value| {
        let boss = signed(&changed(good, "groups", &json!(["admins"])));
        let whole = signed(good);
        let (signed, _) = boss.rsplit_once('.').unwrap();
        format!("{signed}.{}", whole.rsplit_once('.').unwrap().1)
    };
    type Lie<'a> = Box<dyn Fn(&Value) -> String + 'a>;
    let lies: [(&str, Lie<'_>); 5] = [
        ("another's", Box::new(other)),
        ("cut off", Box::new(|good| signed(good).rsplit_once('.').unwrap().0.to_owned() + ".")),
        ("none", Box::new(|good| with_head(json!({ "alg": "none" }), good))),
        ("by a shared secret", Box::new(|good| with_head(json!({ "alg": "HS256" }), good))),
        (
            "by an unknown key",
            Box::new(|good| with_head(json!({ "alg": "EdDSA", "kid": "x" }), good)),
        ),
    ];
    for (what, lie) in lies {
        let (status, page) = liar.tell(|good| lie(&good)).await;
        assert_eq!(status, 401, "{what}: {page}");
    }
    assert!(liar.world.accounts().users().unwrap().is_empty());
}
