//! Identity: spellings that are the same, companies that are not, and what is learnt.

mod mail;

use super::*;
use crate::keys::{KeyProvider as _, SeededKeys, Slot};
use bellwether_core::{Personal, Timestamp, Trust};
use proptest::prelude::*;

#[test]
fn domains_are_reduced_to_what_a_company_registers() {
    for (text, expected) in [
        ("nordwind.example", "nordwind.example"),
        ("https://www.Nordwind.Example:8080/about?x=1#y", "nordwind.example"),
        ("mail.eu.nordwind.de.", "nordwind.de"),
        ("www.nordwind.co.uk", "nordwind.co.uk"),
        ("shop.nordwind.com.au", "nordwind.com.au"),
        ("a.b.nordwind.co.jp", "nordwind.co.jp"),
        ("NORDWIND.com.br ", "nordwind.com.br"),
        ("ftp://user@files.nordwind.de:21/x", "nordwind.de"),
        ("maria@nordwind.de", "nordwind.de"),
        ("nordwind.myshopify.com", "nordwind.myshopify.com"),
        ("müller.de", "müller.de"),
        ("xn--mller-kva.de", "xn--mller-kva.de"),
        ("co.uk", ""),
        ("myshopify.com", ""),
        ("localhost", ""),
        ("10.0.0.1", ""),
        ("http://[::1]/", ""),
        ("nord wind.de", ""),
        ("nordwind..de", ""),
        (".de", ""),
        ("", ""),
        ("n/a", ""),
    ] {
        assert_eq!(normal::domain(text).unwrap_or_default(), expected, "{text}");
    }
}

#[test]
fn free_mail_says_nothing_about_a_company() {
    for (text, company) in [
        ("gmail.com", false),
        ("GoogleMail.com", false),
        ("yahoo.co.uk", false),
        ("hotmail.fr", false),
        ("gmx.net", false),
        ("web.de", false),
        ("nordwind.de", true),
        ("gmail-tools.com", true),
        ("notgmail.com", true),
    ] {
        assert_eq!(normal::company_domain(text).is_some(), company, "{text}");
    }
}

#[test]
fn addresses_are_compared_without_case_and_tags() {
    for (text, expected) in [
        ("Maria@Nordwind.DE", "maria@nordwind.de"),
        ("maria+tickets+1@nordwind.de", "maria@nordwind.de"),
        ("Maria Berg <maria@mail.nordwind.de>", "maria@mail.nordwind.de"),
        ("mailto:maria@nordwind.de", "maria@nordwind.de"),
        (" maria@nordwind.de. ", "maria@nordwind.de"),
        ("m.berg@nordwind.de", "m.berg@nordwind.de"),
        ("+tag@nordwind.de", ""),
        ("@nordwind.de", ""),
        ("maria@", ""),
        ("maria@intern", ""),
        ("maria berg@nordwind.de", ""),
        ("a@b@nordwind.de", ""),
        ("Maria", ""),
    ] {
        let address = normal::address(text).map(|address| address.whole());
        assert_eq!(address.unwrap_or_default(), expected, "{text}");
    }
    assert_eq!(format!("{:?}", normal::address("maria@nordwind.de")), "Some([personal])");
}

#[test]
fn names_are_compared_without_legal_form_accents_and_punctuation() {
    for (text, expected) in [
        ("Nordwind", "nordwind"),
        ("NORDWIND GmbH", "nordwind"),
        ("Nordwind GmbH & Co. KG", "nordwind"),
        ("Nordwind GmbH und Co KG", "nordwind"),
        ("Nordwind, Inc.", "nordwind"),
        ("Nordwind L.L.C.", "nordwind"),
        ("Nordwind S.A.", "nordwind"),
        ("Nordwind S. A.", "nordwind"),
        ("Nordwind S.p.A.", "nordwind"),
        ("Nordwind A/S", "nordwind"),
        ("Nordwind Pty Ltd", "nordwind"),
        ("Nordwind Sp. z o.o.", "nordwind"),
        ("Nordwind  Oy", "nordwind"),
        ("Nordwind B.V.", "nordwind"),
        ("Nordwind UG (haftungsbeschränkt)", "nordwind"),
        ("Nordwind Energie AG", "nordwind energie"),
        ("Nordwind-Energie", "nordwind energie"),
        ("Société Générale S.A.", "societe generale"),
        ("Société Générale", "societe generale"),
        ("Müller & Söhne", "muller sohne | mueller soehne"),
        ("MÜLLER UND SÖHNE", "muller sohne | mueller soehne"),
        ("Mueller and Soehne", "mueller soehne"),
        ("Nordwind Gmbh&Co.KG", "nordwind"),
        ("Sjöberg Papir A/S", "sjoberg papir | sjoeberg papir"),
        ("Ångström Maskin AB", "angstrom maskin | aangstroem maskin"),
        ("And Partners", "and partners"),
        ("H and M Hennes", "hm hennes"),
        ("Großhandel Weiß", "grosshandel weiss"),
        ("Ørsted A/S", "orsted | oersted"),
        ("Škoda Auto a.s.", "skoda auto"),
        ("İstanbul Çelik", "istanbul celik"),
        ("O'Reilly Media, Inc.", "oreilly media"),
        ("H & M Hennes", "hm hennes"),
        ("Газпром", "газпром"),
        ("SAP SE", ""),
        ("IBM", ""),
        ("GmbH", ""),
        ("", ""),
        ("---", ""),
        ("Group Holding International", ""),
        ("The Company Ltd", ""),
        ("12345678", ""),
    ] {
        assert_eq!(normal::names(text).join(" | "), expected, "{text}");
    }
}

/// A world with one directory, in which each signal is committed at once.
struct World {
    keys: TenantKeys,
    store: MemoryIdentities,
    directory: Directory,
    next: Slot,
}

impl World {
    fn new() -> Self {
        let store = MemoryIdentities::default();
        let directory = Directory::new(Box::new(store.clone()));
        let keys = TenantKeys::derive(&SeededKeys(3).master().unwrap(), "acme");
        Self { keys, store, directory, next: 1 }
    }

    /// Resolves one signal's hints and gives the slot, new or known.
    fn sees(&mut self, raw: &RawSignal) -> (Slot, resolve::Resolution) {
        let hints = hints(&self.keys, raw);
        let found = resolve(&hints, &mut self.directory).unwrap();
        let slot = found.slot.unwrap_or(self.next);
        self.next = self.next.max(slot + 1);
        let learnt: Vec<_> = found.learn.iter().map(|(blind, how)| (*blind, slot, *how)).collect();
        self.directory.learn(&learnt);
        self.directory.commit();
        self.store.keep(&learnt, slot);
        (slot, found)
    }

    /// The same for hints written as words, said of a signal without a case or deal.
    fn hears(&mut self, hints: &str) -> (Slot, &'static str, bool) {
        let (slot, found) = self.sees(&raw(hints));
        (slot, found.matched_by.as_str(), found.conflict)
    }
}

/// `x:crm/7` an id, `d:` a domain, `c:` a contact, `n:` a name, `case:`, `deal:`, `id:`; apart by `;`.
fn raw(hints: &str) -> RawSignal {
    let mut raw = RawSignal {
        source: "desk".into(),
        id: "event-1".into(),
        kind: "ticket.opened".into(),
        at: Timestamp::from_micros(0),
        known_at: None,
        trust: Trust::Partner,
        account: Vec::new(),
        contact: None,
        owner: None,
        case: None,
        deal: None,
        numbers: None,
        fields: Vec::new(),
        personal: Vec::new(),
        hidden: Default::default(),
    };
    for hint in hints.split(';').map(str::trim).filter(|hint| !hint.is_empty()) {
        let (kind, text) = hint.split_once(':').unwrap();
        let personal = Personal::new(text.to_owned());
        match kind {
            "x" => {
                let (system, id) = text.split_once('/').unwrap();
                let id = Personal::new(id.to_owned());
                raw.account.push(AccountHint::External(system.to_owned(), id));
            }
            "d" => raw.account.push(AccountHint::Domain(personal)),
            "c" => raw.account.push(AccountHint::Contact(personal)),
            "of" => raw.account.push(AccountHint::DomainOf(personal)),
            "n" => raw.account.push(AccountHint::Name(personal)),
            "case" => raw.case = Some(text.to_owned()),
            "deal" => raw.deal = Some(text.to_owned()),
            "id" => raw.id = text.to_owned(),
            other => panic!("no hint {other}"),
        }
    }
    raw
}

/// A story: hints, the expected slot, how it was found, and whether hints disagreed.
fn story(lines: &[(&str, Slot, &str, bool)]) {
    let mut world = World::new();
    for (nth, (hints, slot, how, conflict)) in lines.iter().enumerate() {
        assert_eq!(world.hears(hints), (*slot, *how, *conflict), "line {nth}: {hints}");
    }
}

#[test]
fn what_is_learnt_once_finds_the_account_later() {
    story(&[
        ("x:crm/7; d:nordwind.de; n:Nordwind GmbH", 1, "new", false),
        ("x:crm/7", 1, "external", false),
        ("d:www.Nordwind.de", 1, "domain", false),
        ("c:maria@nordwind.de", 1, "domain", false),
        ("c:Maria+tag@nordwind.de", 1, "contact", false),
        ("n:NORDWIND AG", 1, "name", false),
        // Another name, the same domain: found. A similar name: not.
        ("d:nordwind.de; n:Windkraft Nord", 1, "domain", false),
        ("n:Nordwind Energie; id:e2", 2, "nobody", false),
        ("x:crm/8; n:Nordwind Energie GmbH", 3, "new", false),
        ("x:crm/8; d:nordwind-energie.de", 3, "external", false),
        ("c:tom@mail.nordwind-energie.de", 3, "domain", false),
        // An id is exact, and belongs to its system.
        ("x:erp/7", 4, "new", false),
        ("x:CRM/7", 5, "new", false),
    ]);
}

#[test]
fn hints_that_disagree_are_counted_and_the_first_wins() {
    story(&[
        ("x:crm/1; d:one.example", 1, "new", false),
        ("x:crm/2; d:two.example", 2, "new", false),
        ("x:crm/1; d:two.example", 1, "external", true),
        ("d:two.example; x:crm/1; c:a@three.example", 2, "domain", true),
        ("c:a@three.example", 2, "contact", false),
        ("d:one.example", 1, "domain", false),
        ("d:two.example", 2, "domain", false),
    ]);
}

#[test]
fn free_mail_finds_the_contact_and_nobody_else() {
    story(&[
        ("x:crm/1; c:maria@gmail.com", 1, "new", false),
        ("c:maria@gmail.com", 1, "contact", false),
        ("c:tom@gmail.com", 2, "new", false),
        ("d:gmail.com", 3, "nobody", false),
        ("d:gmail.com; id:e2", 4, "nobody", false),
    ]);
}

#[test]
fn a_name_of_two_accounts_finds_nobody() {
    story(&[
        ("x:crm/1; n:Apollo Reisen", 1, "new", false),
        ("n:Apollo Reisen GmbH", 1, "name", false),
        // Another system knows it by its name; its id is learnt.
        ("x:erp/77; n:Apollo Reisen", 1, "name", false),
        ("x:erp/77", 1, "external", false),
        // A second id in the same system is another company, and the name is nobody's from now on.
        ("x:crm/2; n:Apollo Reisen", 2, "new", false),
        ("n:Apollo Reisen", 3, "nobody", false),
        ("x:shop/5; n:Apollo Reisen", 4, "new", false),
        ("x:crm/1; n:Apollo Reisen", 1, "external", false),
    ]);
    story(&[
        ("x:crm/1; n:Apollo Reisen", 1, "new", false),
        ("x:crm/2", 2, "new", false),
        ("x:crm/2; n:Apollo Reisen", 2, "external", true),
        ("n:Apollo Reisen", 3, "nobody", false),
    ]);
}

#[test]
fn a_name_is_learnt_only_beside_an_id() {
    story(&[
        ("d:nordwind.de; n:Nordwind", 1, "new", false),
        ("n:Nordwind", 2, "nobody", false),
        ("n:Nordwind; id:e2", 3, "nobody", false),
        ("n:Nordwind", 2, "nobody", false),
        // The id contradicts what else is said: the name is not learnt for either.
        ("x:crm/9", 4, "new", false),
        ("d:nordwind.de; x:crm/9; n:Nordwind", 1, "domain", true),
        ("n:Nordwind", 2, "nobody", false),
    ]);
}

#[test]
fn without_hints_the_case_the_deal_or_the_event_stands_for_the_account() {
    story(&[
        ("case:17", 1, "new", false),
        ("case:17; id:e2", 1, "external", false),
        ("x:case:desk/17; id:e3", 1, "external", false),
        ("deal:17", 2, "new", false),
        ("deal:17; case:18", 2, "external", false),
        ("case:18; id:e4", 2, "external", false),
        ("id:e5", 3, "nobody", false),
        ("id:e5", 3, "nobody", false),
        ("id:e6", 4, "nobody", false),
        // A case that somebody opened by name is found again without one.
        ("x:crm/1; case:20", 5, "new", false),
        ("case:20; id:e7", 5, "external", false),
    ]);
}

#[test]
fn whoever_writes_on_a_case_does_not_bring_a_company_along() {
    story(&[
        ("x:crm/1; case:20", 1, "new", false),
        ("c:agent@agency.example; case:20", 1, "external", false),
        ("c:agent@agency.example; id:e2", 1, "contact", false),
        ("c:boss@agency.example; id:e3", 2, "new", false),
        ("d:agency.example", 2, "domain", false),
    ]);
}

#[test]
fn links_lead_to_the_survivor_and_can_be_undone() {
    let mut world = World::new();
    world.hears("x:crm/1; n:Nordwind");
    world.hears("x:erp/2; d:nordwind.de");
    world.hears("x:shop/3");
    world.store.link(2, 3);
    world.store.link(3, 1);
    let (slot, found) = world.sees(&raw("d:nordwind.de"));
    assert_eq!((slot, found.via, found.matched_by), (1, Some(2), MatchedBy::Link));
    let (_, found) = world.sees(&raw("x:crm/1; d:nordwind.de"));
    assert_eq!((found.conflict, found.via), (false, None), "both lead to the same account");
    world.store.link(1, 2);
    let (slot, _) = world.sees(&raw("d:nordwind.de"));
    assert!((1..=3).contains(&slot), "a circle ends somewhere");
    (1..=3).for_each(|slot| world.store.unlink(slot));
    assert_eq!(world.hears("d:nordwind.de"), (2, "domain", false));
}

#[test]
fn a_rolled_back_hint_is_unknown_again() {
    let mut world = World::new();
    let hint = blind_domain(&world.keys, "nordwind.de").unwrap();
    world.directory.learn(&[(hint, 9, How::Domain)]);
    assert_eq!(world.directory.find(&hint).unwrap(), Some(9));
    world.directory.rollback();
    assert_eq!(world.directory.find(&hint).unwrap(), None);
    assert_eq!(world.hears("d:nordwind.de"), (1, "new", false), "a kept `nobody` gives way");
    assert_eq!(world.hears("d:nordwind.de"), (1, "domain", false));
    world.store.forget(1);
    world.directory.forget();
    assert_eq!(world.hears("d:nordwind.de"), (2, "new", false), "erased");
}

#[test]
fn the_same_text_of_another_kind_is_another_index() {
    let keys = TenantKeys::derive(&SeededKeys(3).master().unwrap(), "acme");
    let mut seen = std::collections::BTreeSet::new();
    for how in How::ALL {
        assert!(seen.insert(blind(&keys, how, "maria@nordwind.de")), "{}", how.as_str());
    }
    for (system, id) in [("a", "bc"), ("ab", "c"), ("", "abc"), ("abc", "")] {
        assert!(seen.insert(blind_external(&keys, &[system], id)));
    }
    assert_eq!(blind_external(&keys, &["a", "b"], "c"), blind_external(&keys, &["ab"], "c"));
    let person = |source, text| blind_person(&keys, source, text);
    assert_eq!(person("a", "Maria@nordwind.de"), person("b", "maria+x@nordwind.de"));
    assert_ne!(person("a", "5443"), person("b", "5443"), "a number belongs to its source");
    assert_eq!(person("a", "  "), None);
}

#[test]
fn words_of_the_store_are_distinct() {
    let words: std::collections::BTreeSet<_> = How::ALL.iter().map(|how| how.as_str()).collect();
    assert_eq!(words.len(), How::ALL.len());
}

proptest! {
    #[test]
    fn any_text_is_made_comparable_once(text in "\\PC{0,60}") {
        if let Some(domain) = normal::domain(&text) {
            prop_assert_eq!(normal::domain(&domain), Some(domain.clone()));
        }
        if let Some(address) = normal::address(&text) {
            let again = normal::address(&address.whole());
            prop_assert_eq!(again, Some(address));
        }
        for name in normal::names(&text) {
            prop_assert!(!name.contains("  "));
            prop_assert_eq!(normal::names(&format!("  {} GmbH", name)), vec![name.clone()]);
        }
    }
}
