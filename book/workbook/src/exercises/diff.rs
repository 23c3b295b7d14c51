//! Two texts, line by line.

/// How a line differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// It is in both.
    Both,
    /// Only in the first.
    First,
    /// Only in the second.
    Second,
}

/// The lines of both texts in one order, by a longest common subsequence. For texts of a page.
pub(crate) fn diff<'a>(first: &'a str, second: &'a str) -> Vec<(Side, &'a str)> {
    let (first, second): (Vec<&str>, Vec<&str>) =
        (first.lines().collect(), second.lines().collect());
    let common = lengths(&first, &second);
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < first.len() || j < second.len() {
        if i < first.len() && j < second.len() && first[i] == second[j] {
            lines.push((Side::Both, first[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == second.len() || (i < first.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push((Side::First, first[i]));
            i += 1;
        } else {
            lines.push((Side::Second, second[j]));
            j += 1;
        }
    }
    lines
}

/// How many lines the rests have in common.
fn lengths(first: &[&str], second: &[&str]) -> Vec<Vec<usize>> {
    let mut common = vec![vec![0; second.len() + 1]; first.len() + 1];
    for i in (0..first.len()).rev() {
        for j in (0..second.len()).rev() {
            common[i][j] = if first[i] == second[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_common_stays_in_place() {
        use Side::{Both, First, Second};
        let lines = diff("a\nb\nc\n", "a\nx\nc\nd\n");
        assert_eq!(
            lines,
            [
                (Both, "a"),
                (First, "b"),
                (Second, "x"),
                (Both, "c"),
                (Second, "d")
            ]
        );
        assert_eq!(diff("", ""), []);
        assert_eq!(diff("a", ""), [(First, "a")]);
    }
}
