//! Tables that people read on a terminal: aligned columns, no frames, numbers to the right.

/// A table under construction.
pub(crate) struct Table {
    header: Vec<String>,
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Columns by their titles; a title that starts with `>` is aligned to the right.
    pub(crate) fn new(titles: &[&str]) -> Self {
        Self {
            header: titles.iter().map(|title| title.trim_start_matches('>').to_owned()).collect(),
            right: titles.iter().map(|title| title.starts_with('>')).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Whether there are no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text, with a newline after each line.
    pub(crate) fn render(&self) -> String {
        let lines = || std::iter::once(&self.header).chain(&self.rows);
        let width = |column: usize| {
            lines().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
        };
        let widths: Vec<_> = (0..self.header.len()).map(|c| width(c).unwrap_or(0)).collect();
        let mut text = String::new();
        for row in lines() {
            let mut line = String::new();
            for ((cell, width), right) in row.iter().zip(&widths).zip(&self.right) {
                let fill = " ".repeat(width - cell.chars().count().min(*width));
                match right {
                    true => line.extend([&fill, cell, "  "]),
                    false => line.extend([cell, &fill, "  "]),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// How a digest begins: enough to name what it is of.
pub(crate) fn short(digest: impl std::fmt::Display) -> String {
    digest.to_string().chars().take(12).collect()
}

/// A whole number with thousands separated, so that it can be read.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 rule`, `2 rules`.
pub(crate) fn counted(number: impl TryInto<u64>, thing: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", thousands(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["role", ">asked"]);
        table.row(["cro", "7"]);
        table.row(["escalation_manager", "1,204"]);
        assert_eq!(
            table.render(),
            "role                asked\ncro                     7\nescalation_manager  1,204\n"
        );
        assert_eq!(thousands(1_234_567), "1,234,567");
        for (number, said) in [(0_u64, "0 rules"), (1, "1 rule"), (1200, "1,200 rules")] {
            assert_eq!(counted(number, "rule"), said);
        }
    }
}
