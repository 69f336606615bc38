//! Words: the names, places, things and jobs the fake company is made of. All are invented.
//!
//! - In: nothing.
//! - Out: lists to pick from.
//! - Never: a real person, a real customer or a domain outside `.example`.

pub(crate) mod companies;
pub(crate) mod countries;
pub(crate) mod names;
pub(crate) mod planted;
pub(crate) mod products;

/// A name as it looks in a domain: lower case, without accents, hyphens between words.
pub(crate) fn slug(name: &str) -> String {
    let mut out = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'ä' => out.push_str("ae"),
            'ö' | 'ø' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'å' => out.push_str("aa"),
            'ß' => out.push_str("ss"),
            'á' | 'à' | 'â' | 'ã' | 'ą' => out.push('a'),
            'é' | 'è' | 'ê' | 'ę' => out.push('e'),
            'í' => out.push('i'),
            'ó' | 'ô' | 'õ' => out.push('o'),
            'ú' => out.push('u'),
            'ñ' | 'ń' => out.push('n'),
            'ç' | 'ć' => out.push('c'),
            'ś' => out.push('s'),
            'ż' | 'ź' => out.push('z'),
            'ł' => out.push('l'),
            letter if letter.is_ascii_alphanumeric() => out.push(letter),
            '\'' | '.' => {}
            _ if out.ends_with('-') || out.is_empty() => {}
            _ => out.push('-'),
        }
    }
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn slugs_fit_into_a_domain() {
        assert_eq!(slug("Brandt, Keller & Söhne"), "brandt-keller-soehne");
        assert_eq!(slug("O'Hara (Dairy)"), "ohara-dairy");
    }
}
