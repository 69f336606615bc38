//! The airline: what its database says about a request.
//!
//! - In: flights, reservations and users; the ids and claims of an annotation.
//! - Out: the facts of `airline/facts.yaml`; the reservation as it stands after what was allowed.
//! - Never: believes a claim about what the database knows.

use crate::tau2::data::{Reading, read};
use crate::tau2::day::Day;
use crate::tau2::judge::Facts;
use anyhow::Result;
use serde_json::{Value, json};
use std::path::Path;

/// The policy's now is 2024-05-15 15:00: what was made after this was made within 24 hours.
const A_DAY_AGO: &str = "2024-05-14T15:00:00";

const TODAY: &str = "2024-05-15";

/// The database.
pub(crate) struct Airline {
    flights: Value,
    reservations: Value,
    users: Value,
}

impl Airline {
    /// Reads the database's folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let file = |name: &str| read(&folder.join(format!("{name}.json.gz")));
        let (flights, reservations) = (file("flights")?, file("reservations")?);
        Ok(Self { flights, reservations, users: file("users")? })
    }

    /// What is known about a request of an annotation.
    pub(crate) fn facts(&self, annotation: &Value, request: &Value, now: &Overlay) -> Facts {
        let empty = Value::Null;
        let id = request.at("reservation_id").words();
        let reservation = now.reservations.get(&id).unwrap_or(self.reservations.at(&id));
        let user = match annotation.at("user") {
            Value::Null => reservation.at("user_id"),
            user => user,
        };
        let user = self.users.at(&user.words());
        let mut facts = Facts::new();
        let mut set = |name: &str, value: Value| drop(facts.insert(name.to_owned(), value));
        set("user.membership", user.at("membership").clone());
        set("request.confirmed", json!(self.confirmed(request, reservation)));
        set("request.in_scope", request.at("in_scope").clone());
        set("request.reason", request.at("reason").clone());
        let paying = self.payments(request, user);
        for (name, value) in paying {
            set(name, value);
        }
        if reservation != &empty {
            let mine = reservation.at("user_id") == annotation.at("user");
            let made = reservation.at("created_at").words();
            set("reservation.theirs", json!(mine));
            set("reservation.within_24h", json!(made.as_str() > A_DAY_AGO));
            set("reservation.cabin", reservation.at("cabin").clone());
            set("reservation.insured", json!(reservation.at("insurance").says("yes")));
            set("reservation.passengers", json!(reservation.at("passengers").items().len()));
            set("reservation.bags", reservation.at("total_baggages").clone());
            set("reservation.flown", json!(self.any(reservation, &["landed", "flying"])));
            set("reservation.airline_cancelled", json!(self.any(reservation, &["cancelled"])));
            set("reservation.delayed", json!(self.any(reservation, &["delayed"])));
        }
        self.changes(request, reservation, &mut facts);
        complaint(request, reservation, &mut facts);
        facts
    }

    /// Whether any flight of a reservation is in one of these states. A day that is over was flown.
    fn any(&self, reservation: &Value, states: &[&str]) -> bool {
        let today = Day::read(TODAY);
        reservation.at("flights").items().iter().any(|flight| {
            let date = flight.at("date").words();
            let known = self.flights.at(&flight.at("flight_number").words()).at("dates").at(&date);
            let over = known.is_null() && Day::read(&date) < today;
            states.iter().any(|state| known.at("status").says(state))
                || over && states.contains(&"landed")
        })
    }

    /// What is to be changed about flights, cabin, passengers and bags.
    fn changes(&self, request: &Value, reservation: &Value, facts: &mut Facts) {
        let mut set = |name: &str, value: Value| drop(facts.insert(name.to_owned(), value));
        let wanted = wanted(request);
        let before: Vec<_> = reservation.at("flights").items().iter().map(leg).collect();
        let changed = !wanted.is_empty() && wanted != before;
        let cabin = request.at("cabin");
        let other = !cabin.is_null() && cabin != reservation.at("cabin");
        set("change.flights", json!(changed));
        set("change.cabin", json!(other));
        set("change.cabin_for_all", json!(request.at("cabin_for_all") != &json!(false)));
        set("change.same_route", json!(!changed || self.same_route(&wanted, reservation)));
        let passengers = request.at("passengers").as_i64();
        let have = reservation.at("passengers").items().len();
        set("change.passengers", json!(passengers.map(|count| count - have as i64)));
        let bags = request.at("total_baggages").as_i64();
        let more = bags.zip(reservation.at("total_baggages").as_i64());
        set("change.bags", json!(more.map(|(wanted, have)| wanted - have)));
        set("passengers", request.at("passengers").clone());
    }

    /// Whether flights start and end where the reservation's do, out and, if it was a round trip, back.
    fn same_route(&self, wanted: &[(String, String)], reservation: &Value) -> bool {
        let place = |leg: Option<&(String, String)>, end: &str| {
            leg.map(|(number, _)| self.flights.at(number).at(end).words()).unwrap_or_default()
        };
        let (from, to) = (reservation.at("origin").words(), reservation.at("destination").words());
        let round = reservation.at("flight_type").says("round_trip");
        let end = if round { &from } else { &to };
        let turns = !round || wanted.iter().any(|leg| place(Some(leg), "destination") == to);
        place(wanted.first(), "origin") == from
            && &place(wanted.last(), "destination") == end
            && turns
    }

    /// Whether the customer says yes: unless the annotation says no, or it costs more than they would pay.
    fn confirmed(&self, request: &Value, reservation: &Value) -> bool {
        if request.at("confirmed") == &json!(false) {
            return false;
        }
        let Some(budget) = request.at("budget").as_i64() else { return true };
        let cabin = match request.at("cabin") {
            Value::Null => reservation.at("cabin"),
            cabin => cabin,
        };
        let legs = match wanted(request) {
            legs if legs.is_empty() => reservation.at("flights").items().iter().map(leg).collect(),
            legs => legs,
        };
        let people = match request.at("passengers").as_i64() {
            Some(count) => count,
            None => reservation.at("passengers").items().len() as i64,
        };
        let price = |(number, date): &(String, String)| {
            let day = self.flights.at(number).at("dates").at(date);
            day.at("prices").at(&cabin.words()).as_i64().unwrap_or(0)
        };
        let price: i64 = legs.iter().map(price).sum();
        let paid = reservation.at("flights").items().iter();
        let paid: i64 = paid.filter_map(|flight| flight.at("price").as_i64()).sum();
        let other = self.other_means(request);
        (price - paid) * people - other <= budget
    }

    /// What certificates and gift cards of a booking pay, in dollars.
    fn other_means(&self, request: &Value) -> i64 {
        let means = request.at("payments").items().iter().filter_map(|id| {
            let id = id.words();
            let users = self.users.as_object()?;
            let found = users.values().find_map(|user| user.at("payment_methods").get(&id))?;
            found.at("amount").as_i64()
        });
        means.sum()
    }

    /// How a request is paid for: how many of each kind, and whether all of them are in the profile.
    fn payments(&self, request: &Value, user: &Value) -> Vec<(&'static str, Value)> {
        let mut ids: Vec<String> =
            request.at("payments").items().iter().map(Reading::words).collect();
        ids.extend(request.at("payment_id").as_str().map(str::to_owned));
        let count = |kind: &str| ids.iter().filter(|id| id.starts_with(kind)).count();
        let known = ids.iter().all(|id| user.at("payment_methods").get(id).is_some());
        vec![
            ("payment.in_profile", json!(known)),
            ("payment.certificates", json!(count("certificate"))),
            ("payment.credit_cards", json!(count("credit_card"))),
            ("payment.gift_cards", json!(count("gift_card"))),
        ]
    }
}

/// What a complaint may be worth, in dollars, and whether the database bears it out.
fn complaint(request: &Value, reservation: &Value, facts: &mut Facts) {
    let kind = request.at("complaint");
    if kind.is_null() {
        return;
    }
    let people = reservation.at("passengers").items().len() as i64;
    let per_person = match kind.as_str() {
        Some("cancelled") => 100,
        Some("delayed") => 50,
        _ => 0,
    };
    let limit = per_person * people;
    let mut set = |name: &str, value: Value| drop(facts.insert(name.to_owned(), value));
    set("complaint.kind", kind.clone());
    set("complaint.limit", json!(limit));
    set("amount", json!(request.at("amount").as_i64().unwrap_or(limit)));
    let reason = request.at("changed_or_cancelled") == &json!(true);
    set("complaint.changed_or_cancelled", json!(reason));
}

fn leg(flight: &Value) -> (String, String) {
    (flight.at("flight_number").words(), flight.at("date").words())
}

/// The flights that a request names: `NUMBER DATE`.
fn wanted(request: &Value) -> Vec<(String, String)> {
    let one = |item: &Value| {
        let text = item.words();
        let (number, date) = text.split_once(' ')?;
        Some((number.to_owned(), date.to_owned()))
    };
    request.at("flights").items().iter().filter_map(one).collect()
}

/// Reservations as they stand after what was allowed.
#[derive(Default)]
pub(crate) struct Overlay {
    reservations: std::collections::BTreeMap<String, Value>,
}

impl Overlay {
    /// Carries out an allowed request.
    pub(crate) fn done(&mut self, airline: &Airline, request: &Value) {
        let id = request.at("reservation_id").words();
        let known = self.reservations.get(&id).unwrap_or(airline.reservations.at(&id));
        let mut after = known.clone();
        let Some(members) = after.as_object_mut() else { return };
        if let Some(cabin) = request.at("cabin").as_str() {
            members.insert("cabin".to_owned(), json!(cabin));
        }
        let legs = wanted(request);
        if !legs.is_empty() {
            let cabin = members.get("cabin").map(Reading::words).unwrap_or_default();
            let leg = |(number, date): (String, String)| {
                let day = airline.flights.at(&number).at("dates").at(&date);
                json!({"flight_number": number, "date": date, "price": day.at("prices").at(&cabin)})
            };
            members.insert("flights".to_owned(), legs.into_iter().map(leg).collect());
        }
        self.reservations.insert(id, after);
    }
}
