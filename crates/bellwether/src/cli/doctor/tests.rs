//! Findings as people read them, and reading what `df` prints.

use super::finding::{self, Finding};
use super::house;

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

#[test]
fn the_room_left_is_read_from_df() {
    let head = "Filesystem     1024-blocks      Used Available Capacity Mounted on\n";
    for (line, room) in [
        ("/dev/sda1  51290592 20176584  28476188      42% /", Some(28_476_188 * 1024)),
        ("//server/my share  100 40 60 40% /mnt/my data 7%", Some(60 * 1024)),
        ("overlay 100 100 0 100% /", Some(0)),
        ("-", None),
        ("", None),
    ] {
        assert_eq!(house::available(&format!("{head}{line}\n")), room, "{line}");
    }
    assert_eq!(house::available(""), None);
}
