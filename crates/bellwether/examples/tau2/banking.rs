//! The bank: what its database says about a request.
//!
//! - In: the database with what a task changes in it, the products, the ids and claims of an annotation.
//! - Out: the facts of `banking/facts.yaml`; the database as it stands after what was allowed.
//! - Never: believes a claim about what the database knows.

mod cards;
mod effects;
mod holdings;
mod referrals;
mod rewards;

use crate::tau2::data::Reading;
use crate::tau2::day::Day;
use crate::tau2::judge::Facts;
use serde_json::{Value, json};

/// The day of every conversation: 2025-11-14.
const TODAY: Day = Day(20_406);

/// The database of one task.
#[derive(Clone)]
pub(crate) struct Bank {
    pub(super) tables: Value,
    pub(super) products: Value,
    /// Ids that this walk made, so that no ground truth can know them.
    pub(crate) made: Vec<String>,
}

/// Where facts are put.
struct Known<'a>(&'a mut Facts);

impl Known<'_> {
    fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

impl Bank {
    /// The database as a task finds it.
    pub(crate) fn of_task(database: &Value, products: &Value, task: &Value) -> Self {
        let mut tables = database.clone();
        let given = task.at("initial_state").at("initialization_data");
        let given = if given.at("agent_data").is_object() { given.at("agent_data") } else { given };
        for (table, rows) in given.as_object().into_iter().flatten() {
            let rows = if rows.at("data").is_object() { rows.at("data") } else { rows };
            let Some(known) = tables.as_object_mut() else { continue };
            let known = known.entry(table.clone()).or_insert_with(|| json!({"data": {}}));
            let known = known.get_mut("data").and_then(Value::as_object_mut);
            let rows = rows.as_object().into_iter().flatten();
            known.into_iter().for_each(|known| {
                known.extend(rows.clone().map(|(id, row)| (id.clone(), row.clone())))
            });
        }
        Self { tables, products: products.clone(), made: Vec::new() }
    }

    /// The rows of a table.
    fn rows(&self, table: &str) -> impl Iterator<Item = &Value> {
        self.tables.at(table).at("data").as_object().into_iter().flat_map(|rows| rows.values())
    }

    /// A row by its id.
    fn row(&self, table: &str, id: &Value) -> &Value {
        self.tables.at(table).at("data").at(&id.words())
    }

    /// Rows of a table whose column says this.
    fn where_is<'a>(
        &'a self,
        table: &str,
        column: &'a str,
        value: &'a str,
    ) -> impl Iterator<Item = &'a Value> {
        self.rows(table).filter(move |row| row.at(column).words() == value)
    }

    /// The ids over which a request stands for one each.
    pub(crate) fn each(&self, annotation: &Value, request: &Value) -> Option<Vec<Value>> {
        let _ = request.at("for_each").as_str()?;
        let user = annotation.at("user").words();
        let mine = self.where_is("credit_card_transaction_history", "user_id", &user);
        Some(mine.map(|row| row.at("transaction_id").clone()).collect())
    }

    /// What is known about a request of an annotation.
    pub(crate) fn facts(&self, annotation: &Value, request: &Value) -> Facts {
        let user = annotation.at("user").words();
        let mut facts = Facts::new();
        let mut known = Known(&mut facts);
        self.asked(request, &mut known);
        let who = self.row("users", annotation.at("user"));
        known.set("user.verified", json!(who.is_object()));
        let born = Day::read(&who.at("date_of_birth").words());
        known.set("user.age", json!(born.map(|born| TODAY.since(born) * 4 / 1461)));
        self.holdings(&user, request, &mut known);
        self.account(&user, request, &mut known);
        self.moved(&user, request, &mut known);
        self.debit_card(&user, request, &mut known);
        self.order(request, &mut known);
        self.credit_card(&user, request, &mut known);
        self.transaction(&user, request, &mut known);
        self.referral(&user, request, &mut known);
        self.application(request, &mut known);
        facts
    }

    /// What the customer says, and the parameters of the action.
    fn asked(&self, request: &Value, known: &mut Known<'_>) {
        let or = |name: &str, other: Value| match request.at(name) {
            Value::Null => other,
            value => value.clone(),
        };
        known.set("request.confirmed", or("confirmed", json!(true)));
        known.set("request.topic", or("topic", json!("other")));
        known.set("request.times_asked", or("times_asked", json!(0)));
        known.set("request.explained", or("explained", json!(false)));
        known.set("request.matches_schedule", or("matches_schedule", json!(false)));
        let pin = request.at("pin").words();
        known.set("request.pin_fits", json!(pin.is_empty() || pin_fits(&pin)));
        for name in [
            "reason",
            "credit_type",
            "flag_type",
            "closure_reason",
            "dispute_category",
            "dispute_reason",
        ] {
            known.set(name, request.at(name).clone());
        }
        known.set("contacted_merchant", request.at("contacted_merchant").clone());
        known.set("check_amount", json!(request.at("check_amount").cents()));
        // What a schedule says need not be worked out by hand: the least amount stands for it.
        let least = (request.at("matches_schedule") == &json!(true)).then_some(1);
        known.set("amount", json!(request.at("amount").cents().or(least)));
    }
}

/// Days from a date of the database to today.
fn days(date: &Value) -> Option<i64> {
    Day::read(&date.words()).map(|day| TODAY.since(day))
}

/// Four digits that are no run and no repetition.
fn pin_fits(pin: &str) -> bool {
    let digits: Vec<i64> = pin.bytes().map(|digit| i64::from(digit) - i64::from(b'0')).collect();
    let steps: Vec<i64> =
        digits.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).collect();
    let [first, rest @ ..] = steps.as_slice() else { return false };
    let even = rest.iter().all(|step| step == first) && [-1, 0, 1].contains(first);
    digits.len() == 4 && digits.iter().all(|digit| (0..10).contains(digit)) && !even
}
