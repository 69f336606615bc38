//! A history of incidents in the form of the incident log, from a seed.

use bellwether_core::Timestamp;
use bellwether_testkit::Dice;
use std::fmt::Write as _;

/// The first row of the export.
pub(crate) const HEADER: &str = "number,incident_state,active,reassignment_count,reopen_count,\
    sys_mod_count,made_sla,caller_id,opened_by,opened_at,sys_created_by,sys_created_at,\
    sys_updated_by,sys_updated_at,contact_type,location,category,subcategory,u_symptom,cmdb_ci,\
    impact,urgency,priority,assignment_group,assigned_to,knowledge,u_priority_confirmation,notify,\
    problem_id,rfc,vendor,caused_by,closed_code,resolved_by,resolved_at,closed_at";

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// 2016-03-01.
const START: i64 = 1_456_790_400;

/// Incidents of about five rows each, as their rows stand in an export: one incident after another.
pub(crate) fn incidents(seed: u64, count: u64) -> Vec<String> {
    let mut dice = Dice(seed);
    (1..=count).flat_map(|number| incident(&mut dice, number, count / 12 + 1)).collect()
}

/// An export of these rows.
pub(crate) fn export(rows: &[String]) -> String {
    rows.iter().fold(format!("{HEADER}\n"), |mut text, row| {
        let _ = writeln!(text, "{row}");
        text
    })
}

fn incident(dice: &mut Dice, number: u64, callers: u64) -> Vec<String> {
    let opened = START + dice.below(90 * DAY as u64) as i64;
    let (caller, priority) = (dice.below(callers), 1 + dice.below(4));
    let changes = 2 + dice.below(6);
    let mut at = opened;
    let mut times = Vec::new();
    for _ in 0..=changes {
        times.push(at);
        at += MINUTE + dice.below(3 * DAY as u64) as i64;
    }
    let (resolved, closed) = (times[times.len() - 2], times[times.len() - 1]);
    let met = closed - opened < 7 * DAY;
    let mut handed = 0;
    let rows = times.iter().enumerate().map(|(nth, at)| {
        let left = times.len() - 1 - nth;
        let state = match left {
            0 => "Closed",
            1 => "Resolved",
            _ if nth == 0 => "New",
            _ if dice.below(5) == 0 => "Awaiting Vendor",
            _ => "Active",
        };
        handed += dice.below(2);
        let [opened, at, resolved, closed] = [opened, *at, resolved, closed].map(minute);
        format!(
            "INC{number:06},{state},{},{handed},0,{nth},{met},Caller {caller},8,{opened},6,{opened},21,\
             {at},Phone,143,55,170,72,?,2,2,{priority},{},?,true,false,Do Not Notify,?,?,?,?,5,149,\
             {resolved},{closed}",
            left > 0,
            dice.below(9),
        )
    });
    rows.collect()
}

/// An instant to the minute, as the log writes it.
fn minute(seconds: i64) -> String {
    let whole = Timestamp::from_secs(seconds - seconds % MINUTE).to_string();
    whole.trim_end_matches('Z').trim_end_matches(":00").to_owned()
}
