//! Whatever the files hold, there is a decision, and the line about it is one line.

mod files;
mod fixture;

use files::write;
use fixture::Fixture;

/// How often each file of each fixture is damaged.
const ROUNDS: usize = 20;

/// What is put in the place of something else.
const PIECES: &[&[u8]] = &[
    b"",
    b"\0",
    b"\n",
    b"\n\n",
    b" ",
    b"  ",
    b"/",
    b"..",
    b"/../..",
    b":",
    b"::",
    b" - ",
    b"\\",
    b"\\134",
    b"-1",
    b"0",
    b"max",
    b"18446744073709551616",
    b"18446744073709551615",
    b"1e9",
    b"0.5",
    b"\xff",
    b"\xc5\xbc",
    b"\x1b[2J",
    b"cpu",
    b",cpu,",
    b"- cgroup2 x cpu\n",
    b"0::/\n",
];

#[test]
fn damaged_files_never_break_the_decision() {
    let mut random = Random(0x5eed);
    let mut with_problems = 0;
    let mut rounds = 0;
    for fixture in Fixture::all() {
        let root = fixture.build();
        let sources = fixture.sources(root.path());
        for (path, contents) in fixture.files().filter(|(path, _)| !path.ends_with('/')) {
            for _ in 0..ROUNDS {
                let mut damaged = contents.as_bytes().to_vec();
                (0..=random.up_to(3)).for_each(|_| damage(&mut damaged, &mut random));
                write(root.path(), path, &damaged);
                let reading = sources.read();
                let line = reading.to_string();
                assert!(
                    !line.contains(char::is_control),
                    "{}: {line:?}",
                    fixture.name
                );
                assert!(reading.decision.limit > 0.0, "{}: {line}", fixture.name);
                let usage = reading.usage();
                rounds += 1;
                with_problems +=
                    usize::from(!reading.problems.is_empty() || !usage.problems.is_empty());
            }
            write(root.path(), path, contents.as_bytes());
        }
    }
    // Both kinds of damage were done: the kind that is noticed and the kind that reads as something else.
    assert!(
        rounds / 4 < with_problems && with_problems < rounds,
        "{with_problems} of {rounds}"
    );
}

fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    let start = random.up_to(bytes.len());
    let end = (start + random.up_to(8)).min(bytes.len());
    let piece = PIECES[random.up_to(PIECES.len() - 1)];
    bytes.splice(start..end, piece.iter().copied());
    if random.up_to(9) == 0 {
        bytes.truncate(start);
    }
}

/// Xorshift: the same numbers on each run.
struct Random(u64);

impl Random {
    /// A number from 0 to `most`.
    fn up_to(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % (most as u64 + 1)) as usize
    }
}
