//! Words of a text from outside, as readers see them.
//!
//! - In: any text, of any length, in any script.
//! - Out: its words in lower case, and the few marks that carry meaning of their own.
//! - Never: changes meaning by invisible characters; reads without end.

/// How many characters of a text are read: its first half and, where it is longer, its end. What a
/// person wants stands at the beginning or at the end of a long mail; what lies between is quoted.
pub const MOST_CHARACTERS: usize = 8_192;

/// Marks that are words of their own.
const MARKS: [char; 6] = ['?', '!', '$', '€', '£', '%'];

/// Whether a character is drawn as nothing: it joins, parts or turns letters to hide words from
/// programs. Format characters of Unicode 16 (category Cf) and variation selectors.
pub const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A Latin letter for one of another script that is drawn the same, and for full-width forms. Only
/// used in words that hold Latin letters too: a whole word of another script stays what it is.
const fn latin(character: char) -> char {
    match character {
        'а' | 'α' => 'a',
        'в' | 'β' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' => 'e',
        'һ' => 'h',
        'і' | 'ι' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' => 'l',
        'м' => 'm',
        'п' => 'n',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' => 'u',
        'ѵ' | 'ν' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        other => other,
    }
}

/// The characters that are read, without the invisible ones.
fn read(text: &str) -> impl Iterator<Item = char> + '_ {
    let visible = || text.chars().filter(|c| !is_invisible(*c));
    // Four bytes a character at most: a short text needs no count.
    let count = if text.len() <= MOST_CHARACTERS { 0 } else { visible().count() };
    let half = MOST_CHARACTERS / 2;
    let skipped = count.saturating_sub(MOST_CHARACTERS);
    let head = if skipped == 0 { usize::MAX } else { half };
    let break_after = (skipped > 0).then_some('\n');
    visible().take(head).chain(break_after).chain(visible().skip(if skipped == 0 {
        usize::MAX
    } else {
        half + skipped
    }))
}

/// The words of a text: runs of letters and digits in lower case, apostrophes dropped, full-width
/// forms and mixed scripts mended; `? ! $ € £ %` are words of their own.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut end = |word: &mut String| {
        if !word.is_empty() {
            words.push(mended(std::mem::take(word)));
        }
    };
    for character in read(text) {
        let character = match character {
            '\u{ff01}'..='\u{ff5e}' => {
                char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
            }
            other => other,
        };
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        } else if !matches!(character, '\'' | '\u{2018}' | '\u{2019}' | '\u{2bc}' | '`') {
            end(&mut word);
            if MARKS.contains(&character) {
                word.push(character);
                end(&mut word);
            }
        }
    }
    end(&mut word);
    words
}

/// The sentences of a text: parts that end with `.`, `!`, `?`, a line break or ` / `, none empty. A point
/// between letters or digits (`3.5`, `e.g`) ends nothing.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut from = 0;
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        let ends = match character {
            '\n' | '。' | '！' | '？' => true,
            '.' | '!' | '?' | '/' => next.is_none_or(char::is_whitespace),
            _ => false,
        };
        if ends {
            let after = at + character.len_utf8();
            sentences.extend(text.get(from..after));
            from = after;
        }
    }
    sentences.extend(text.get(from..));
    sentences.retain(|sentence| sentence.chars().any(char::is_alphanumeric));
    sentences
}

/// A word with Latin letters in it, with all its look-alikes Latin.
fn mended(word: String) -> String {
    if word.is_ascii() || !word.chars().any(|c| c.is_ascii_lowercase()) {
        return word;
    }
    word.chars().map(latin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_all_kinds_of_text() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            ("  \n\t", &[]),
            ("I haven't got it!", &["i", "havent", "got", "it", "!"]),
            ("REFUND\u{2019}s of $5.00?", &["refunds", "of", "$", "5", "00", "?"]),
            ("re\u{200b}fund r\u{ad}e\u{2060}fund", &["refund", "refund"]),
            ("p\u{0430}yp\u{0430}l", &["paypal"]),
            ("привет мир", &["привет", "мир"]),
            ("ｒｅｆｕｎｄ", &["refund"]),
            ("\u{1f600}\u{1f600} \u{1f680}", &[]),
            ("ÜBER naïve", &["über", "naïve"]),
        ];
        for (text, expected) in table {
            assert_eq!(words(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn sentences_of_a_text() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            ("...", &[]),
            ("One", &["One"]),
            ("It costs 3.5 euros. Why?! Now", &["It costs 3.5 euros.", " Why?!", " Now"]),
            ("Dear all, / please call\nme", &["Dear all, /", " please call\n", "me"]),
        ];
        for (text, expected) in table {
            assert_eq!(sentences(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_read_at_both_ends() {
        let text = format!("begin {} end", "x ".repeat(600_000));
        let words = words(&text);
        assert_eq!(words.first().map(String::as_str), Some("begin"));
        assert_eq!(words.last().map(String::as_str), Some("end"));
        assert!(words.len() <= MOST_CHARACTERS);
        let joined = words_of_repeated("\u{200b}", 1 << 20);
        assert_eq!(joined, ["ab"]);
    }

    fn words_of_repeated(part: &str, times: usize) -> Vec<String> {
        words(&format!("a{}b", part.repeat(times)))
    }
}
