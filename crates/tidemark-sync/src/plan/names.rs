//! Names that the planner gives.

/// The longest name that the usual file systems take, in bytes.
const NAME_BYTES_MAX: usize = 255;
/// How names begin that last only until the place that is meant is free.
const TEMPORARY: &str = ".tidemark-moving-";
/// The longest ending that is kept behind what is added to a name, in bytes.
const ENDING_BYTES_MAX: usize = 32;

/// What the one of two is called that gives way; `number` tells further ones apart.
pub(super) fn conflict(name: &str, device: &str, today: &str, number: u32) -> String {
    let device: String =
        device.chars().filter(|c| !matches!(c, '/' | '\\' | '\0') && !c.is_control()).take(60).collect();
    noted(name, &format!("{}'s conflicted copy {today}", device.trim()), number)
}

/// What something is called that comes back to where its name is taken by now; `number` tells further ones apart.
pub(crate) fn returned(name: &str, number: u32) -> String {
    noted(name, "put back", number)
}

/// A name with a note before its ending, and with a number unless it is the first.
fn noted(name: &str, note: &str, number: u32) -> String {
    let (stem, ending) = split(name);
    let number = if number == 0 { String::new() } else { format!(" {number}") };
    let added = format!(" ({note}{number})");
    let room = NAME_BYTES_MAX.saturating_sub(added.len() + ending.len());
    format!("{}{added}{ending}", shortened(stem, room).trim_end())
}

/// A name for something that is on its way to a place that is not free yet. It tells which machine gave it, to what, and
/// what that was called before.
pub(super) fn temporary(device: &str, of: &str, name: &str) -> String {
    let word = |text: &str| -> String {
        // What stands between the words is in none of them: no machine's name is the beginning of another's.
        text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).take(30).collect()
    };
    let added = format!("{TEMPORARY}{}-{} ", word(device), word(of));
    let name = before_temporary(name).unwrap_or(name);
    let (stem, ending) = split(name);
    let room = NAME_BYTES_MAX.saturating_sub(added.len() + ending.len());
    format!("{added}{}{ending}", shortened(stem, room))
}

/// Whether something is called so only until its place is free. Who moved it there has not followed anybody yet.
#[must_use]
pub fn is_on_its_way(name: &str) -> bool {
    before_temporary(name).is_some()
}

/// What something that is on its way was called before anybody moved it there; none if it is not on its way. (Two machines that
/// gave each other such names back would never come to an end.)
pub(super) fn before_temporary(name: &str) -> Option<&str> {
    let (_, before) = name.strip_prefix(TEMPORARY)?.split_once(' ')?;
    Some(before_temporary(before).unwrap_or(before)).filter(|before| !before.is_empty())
}

/// Whether this machine let it be on its way.
pub(super) fn is_temporary_of(name: &str, device: &str) -> bool {
    let of_device = temporary(device, "", "");
    before_temporary(name).is_some() && name.starts_with(of_device.trim_end())
}

/// A name without its ending, and the ending with its dot.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= ENDING_BYTES_MAX => name.split_at(at),
        _ => (name, ""),
    }
}

fn shortened(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_copy_says_whose_and_when_and_keeps_its_ending() {
        assert_eq!(
            conflict("a.tar.gz", "Ada", "2026-11-21", 0),
            "a.tar (Ada's conflicted copy 2026-11-21).gz"
        );
        assert_eq!(
            conflict(".profile", "Ada", "2026-11-21", 2),
            ".profile (Ada's conflicted copy 2026-11-21 2)"
        );
        assert_eq!(conflict("a", "../x\n", "d", 0), "a (..x's conflicted copy d)");
    }

    #[test]
    fn what_comes_back_to_a_place_that_is_taken_says_so() {
        assert_eq!(returned("a.tar.gz", 0), "a.tar (put back).gz");
        assert_eq!(returned(".profile", 2), ".profile (put back 2)");
        assert!(returned(&"ä".repeat(200), 19).len() <= NAME_BYTES_MAX);
    }

    #[test]
    fn a_conflict_copy_is_never_too_long() {
        for length in 0..300 {
            let name = format!("{}é.txt", "ä".repeat(length));
            let copy = conflict(&name, &"ü".repeat(200), "2026-11-21", 7);
            assert!(copy.len() <= NAME_BYTES_MAX && copy.ends_with(").txt"), "{copy}");
        }
    }

    #[test]
    fn a_name_on_the_way_tells_whose_and_what_it_was() {
        let name = temporary("Ada's box", "id:1", "a b.txt");
        assert_eq!(name, ".tidemark-moving-Ada_s_box-id_1 a b.txt");
        assert_eq!(before_temporary(&name), Some("a b.txt"));
        assert!(
            is_temporary_of(&name, "Ada's box")
                && !is_temporary_of(&name, "Ada")
                && !is_temporary_of("a b", "a")
        );
        assert_eq!(before_temporary(".tidemark-moving-a"), None);
        let again = format!(".tidemark-moving-Bob-2 {name}");
        assert_eq!(before_temporary(&again), Some("a b.txt"));
        assert_eq!(temporary("Cem", "3", &again), ".tidemark-moving-Cem-3 a b.txt");
        assert!(
            temporary(&"ä".repeat(99), &"ü".repeat(99), &format!("{}.txt", "é".repeat(200))).len()
                <= NAME_BYTES_MAX
        );
    }
}
