//! What somebody may have meant.

/// ` (did you mean channels/1?)`, if one of the names is near to what was typed; otherwise nothing.
pub fn hint<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(typed, known) {
        Some(name) => format!(" (did you mean {name}?)"),
        None => String::new(),
    }
}

/// The name that differs least, if it differs in no more than a third of its letters (or in one), or is what was
/// typed with something before or behind it.
fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.trim().to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&typed, &name.to_lowercase());
    let near = |name: &str| {
        let letters = name.chars().count();
        let part = typed.len() >= 3 && name.to_lowercase().contains(&typed);
        part || distance(name) <= (letters / 3).max(1)
    };
    let names = known.into_iter().filter(|name| near(name));
    names.min_by_key(|name| distance(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_and_nothing_far_away() {
        let known = ["channels/1", "channels/2", "races/1"];
        for (typed, meant) in [
            ("channel/2", Some("channels/2")),
            ("Channels/1", Some("channels/1")),
            ("chanels1", Some("channels/1")),
            ("race", Some("races/1")),
            ("rcaes/1", Some("races/1")),
            ("maps/1", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
        assert_eq!(hint("race", known), " (did you mean races/1?)");
        assert_eq!(hint("nothing", known), "");
    }
}
