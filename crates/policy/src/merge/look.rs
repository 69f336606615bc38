//! Whether two names look the same to somebody who reads quickly.

/// Folds what is easily taken for something else: case, `0` and `o`, `1`, `i` and `l`, `5` and `s`, separators,
/// and the letters of Greek and Cyrillic that look Latin (of Unicode's confusables, UTS 39, those of one
/// letter). What has no look, such as a zero-width space, goes.
fn skeleton(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        let like = match letter {
            '0' | 'о' | 'ο' | 'օ' => 'o',
            '1' | 'i' | '|' | 'і' | 'ι' | 'ı' | 'ӏ' | '\u{307}' => 'l',
            '5' | 'ѕ' => 's',
            '_' | '-' | '.' | ' ' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{a0}' => '-',
            'а' | 'α' => 'a',
            'с' | 'ϲ' => 'c',
            'е' | 'є' | 'ε' => 'e',
            'һ' => 'h',
            'ј' => 'j',
            'к' | 'κ' => 'k',
            'м' => 'm',
            'п' => 'n',
            'р' | 'ρ' => 'p',
            'г' => 'r',
            'т' | 'τ' => 't',
            'υ' => 'u',
            'ν' | 'ѵ' => 'v',
            'ш' | 'ω' => 'w',
            'х' | 'χ' => 'x',
            'у' | 'γ' => 'y',
            '\u{ff01}'..='\u{ff5e}' => {
                // Full-width forms stand in the order of ASCII.
                let plain = char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter);
                folded.push_str(&skeleton(plain.encode_utf8(&mut [0; 4])));
                continue;
            }
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2060}'
            | '\u{feff}'
            | '\u{300}'..='\u{36f}' => continue,
            other => other,
        };
        folded.push(like);
    }
    folded.replace("rn", "m").replace("vv", "w")
}

/// Whether two names look the same: equal ones do.
pub fn same_look(one: &str, other: &str) -> bool {
    skeleton(one) == skeleton(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_the_same() {
        for (one, other, same) in [
            ("legal", "legal", true),
            ("legal", "Legal", true),
            ("legal", "lega1", true),
            ("legal", "l\u{435}gal", true),
            ("legal", "leg\u{200b}al", true),
            ("legal", "ｌegal", true),
            ("vp_sales", "vp-sales", true),
            ("vp.sales", "vp_sa1es", true),
            ("return", "retum", true),
            ("cfo", "c0f", false),
            ("cfo", "cf0", true),
            ("legal", "legal_two", false),
            ("routing/case.yaml", "routing/Case.yaml", true),
            ("routing/case.yaml", "routing/cases.yaml", false),
        ] {
            assert_eq!(same_look(one, other), same, "{one} {other}");
        }
    }
}
