//! Domains of addresses: what they teach, and when they stop to find anybody.

use super::story;

#[test]
fn whoever_is_found_otherwise_teaches_no_mail_domain() {
    story(&[
        ("x:crm/1; d:one.example; n:Lindental Werke", 1, "new", false),
        ("x:crm/2; d:two.example; n:Corbeck Papier", 2, "new", false),
        // By name, then by contact; the provider is on no list.
        ("of:post.example; c:ann@post.example; n:Lindental Werke", 1, "name", false),
        ("of:post.example; c:bob@post.example; n:Corbeck Papier", 2, "name", false),
        ("of:post.example; c:ann@post.example", 1, "contact", false),
        ("c:cid@post.example", 3, "new", false),
        // Said of the company itself: its writers' private addresses teach nothing.
        ("d:one.example; of:home.example; c:dan@home.example", 1, "domain", false),
        ("c:eve@home.example", 4, "new", false),
    ]);
}

#[test]
fn a_mail_domain_stands_for_a_company_and_what_is_said_of_the_company_goes_before() {
    story(&[
        ("c:ann@firm.example", 1, "new", false),
        ("c:bob@firm.example", 1, "domain", false),
        ("of:firm.example; c:cid@mail.firm.example", 1, "domain", false),
        // Said of an account, it is that company's own; addresses follow it.
        ("d:www.firm.example", 1, "domain", false),
        ("x:crm/9", 2, "new", false),
        ("x:crm/9; of:firm.example; c:eve@firm.example", 2, "external", true),
        ("c:fay@firm.example", 1, "domain", false),
    ]);
    // Said of another account than the one whose people wrote from it.
    story(&[
        ("c:ann@firm.example", 1, "new", false),
        ("x:crm/9; n:Lindental Werke", 2, "new", false),
        ("x:crm/9; d:firm.example", 2, "external", false),
        ("c:bob@firm.example", 2, "domain", false),
        ("c:ann@firm.example", 1, "contact", true),
    ]);
}

#[test]
fn two_accounts_that_use_a_mail_domain_share_it() {
    story(&[
        ("x:crm/1", 1, "new", false),
        ("x:crm/2", 2, "new", false),
        ("x:crm/1; of:post.example; c:ann@post.example", 1, "external", false),
        ("c:bob@post.example", 1, "domain", false),
        ("x:crm/2; of:post.example; c:cid@post.example", 2, "external", false),
        ("c:dan@post.example", 3, "new", false),
        ("c:eve@post.example", 4, "new", false),
        // Whom it is known of, it still is; a company that owns it after all is found by it.
        ("c:bob@post.example", 1, "contact", false),
        ("x:crm/7; d:post.example", 5, "new", false),
        ("c:fay@post.example", 5, "domain", false),
    ]);
}

#[test]
fn two_names_beside_a_mail_domain_share_it() {
    story(&[
        ("of:post.example; c:ann@post.example; n:Alpha Bau", 1, "new", false),
        ("of:post.example; c:bob@post.example; n:ALPHA BAU GmbH", 1, "domain", false),
        ("of:post.example; c:cid@post.example; n:Beta Yachts", 2, "new", false),
        ("of:post.example; c:dan@post.example; n:Gamma Druck", 3, "new", false),
        ("c:eve@post.example", 4, "new", false),
        ("c:ann@post.example", 1, "contact", false),
    ]);
}
