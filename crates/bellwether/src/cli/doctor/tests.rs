//! Findings as people read them.

use super::finding::{self, Finding};

#[test]
fn findings_read_well() {
    let findings = [
        Finding::ok("disk space", "90 MB left"),
        Finding::look("quarantine", "2 refused rows: 2 row-no-id", "mend the mapping"),
        Finding::broken("master key", "there is no key file `k`", "restore it")
            .code("key-file-missing"),
    ];
    expect_test::expect![[r#"
                check       found
        ok      disk space  90 MB left
        look    quarantine  2 refused rows: 2 row-no-id
        broken  master key  there is no key file `k`

        look: quarantine
          help: mend the mapping

        broken: master key [key-file-missing]
          help: restore it

        1 broken, 1 to look at
    "#]]
    .assert_eq(&finding::text(&findings, &[]));
    expect_test::expect![[r#"
            check       found
        ok  disk space  90 MB left

        all is well
    "#]]
    .assert_eq(&finding::text(&findings[..1], &[]));
}
