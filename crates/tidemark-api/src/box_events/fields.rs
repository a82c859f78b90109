//! Which fields of an object a client asks for.

use crate::http::Params;

/// How many names of a list are looked at, and how long they may be. No object has as many fields.
const NAMES_MAX: usize = 100;
const NAME_BYTES_MAX: usize = 64;

/// Which of an object's fields are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fields {
    /// Those that an object has inside others.
    Mini,
    /// Those that an object has where it is what was asked for.
    Standard,
    /// Those that every object has, and these.
    Named(Vec<String>),
}

impl Fields {
    /// What `fields` asks for: nothing if it is not there, or empty.
    pub(super) fn read(params: &Params) -> Option<Fields> {
        let list = params.get("fields")?;
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        let names = names.filter(|name| name.len() <= NAME_BYTES_MAX).take(NAMES_MAX);
        let names: Vec<_> = names.map(str::to_owned).collect();
        (!names.is_empty()).then_some(Fields::Named(names))
    }

    /// Whether a field is told that belongs to this set if nobody names any.
    pub(super) fn tells(&self, set: Set, name: &str) -> bool {
        match self {
            Fields::Mini => set <= Set::Mini,
            Fields::Standard => set <= Set::Standard,
            Fields::Named(names) => set == Set::Base || names.iter().any(|named| named == name),
        }
    }
}

/// The sets of fields, each of which contains the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Set {
    /// What every object has, whatever is asked for.
    Base,
    /// What an object has inside others.
    Mini,
    /// What an object has by itself.
    Standard,
    /// What is told on request.
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Option<Fields> {
        Fields::read(&Params::parse(Some(query), None).expect("a good query"))
    }

    #[test]
    fn names_are_split_at_commas() {
        let named = |names: &[&str]| Some(Fields::Named(names.iter().map(|&name| name.into()).collect()));
        assert_eq!(read("fields=name,size"), named(&["name", "size"]));
        assert_eq!(read("fields=,%20name%20,,"), named(&["name"]));
        for nothing in ["", "fields=", "fields=,"] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
        let Some(Fields::Named(names)) = read(&format!("fields={}", "a,".repeat(1_000))) else { panic!() };
        assert_eq!(names.len(), NAMES_MAX);
    }

    #[test]
    fn each_set_contains_the_ones_before() {
        let named = read("fields=size").expect("a name");
        for (set, mini, standard, by_name) in [
            (Set::Base, true, true, true),
            (Set::Mini, true, true, false),
            (Set::Standard, false, true, false),
            (Set::Full, false, false, false),
        ] {
            let told = (
                Fields::Mini.tells(set, "name"),
                Fields::Standard.tells(set, "name"),
                named.tells(set, "name"),
            );
            assert_eq!(told, (mini, standard, by_name), "{set:?}");
            assert!(named.tells(set, "size"));
        }
    }
}
