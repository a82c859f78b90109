//! Names that the planner gives.

/// The longest name that the usual file systems take, in bytes.
const NAME_BYTES_MAX: usize = 255;
/// How names begin that last only until the place that is meant is free.
const TEMPORARY: &str = ".tidemark-moving-";
/// The longest ending that is kept behind what is added to a name, in bytes.
const ENDING_BYTES_MAX: usize = 32;

/// What the one of two is called that gives way; `number` tells further ones apart.
pub(super) fn conflict(name: &str, device: &str, today: &str, number: u32) -> String {
    let (stem, ending) = split(name);
    let device: String =
        device.chars().filter(|c| !matches!(c, '/' | '\\' | '\0') && !c.is_control()).take(60).collect();
    let number = if number == 0 { String::new() } else { format!(" {number}") };
    let added = format!(" ({}'s conflicted copy {today}{number})", device.trim());
    let room = NAME_BYTES_MAX.saturating_sub(added.len() + ending.len());
    format!("{}{added}{ending}", shortened(stem, room).trim_end())
}

/// A name for something that is on its way to a place that is not free yet.
pub(super) fn temporary(of: &str) -> String {
    format!("{TEMPORARY}{of}")
}

/// Whether it was given to something that is on its way.
pub(super) fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY)
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
    fn a_conflict_copy_is_never_too_long() {
        for length in 0..300 {
            let name = format!("{}é.txt", "ä".repeat(length));
            let copy = conflict(&name, &"ü".repeat(200), "2026-11-21", 7);
            assert!(copy.len() <= NAME_BYTES_MAX && copy.ends_with(").txt"), "{copy}");
        }
        assert!(is_temporary(&temporary("12")) && !is_temporary("12"));
    }
}
